namespace Tarn.Lake;

/// <summary>
/// What a query asks of a table's rows, as far as files can be told apart by it. It is made from the query alone; which columns the table has, and what
/// the files say of them, comes later.
/// </summary>
internal abstract record FilePredicate;

/// <summary>All of them.</summary>
internal sealed record AllOf(IReadOnlyList<FilePredicate> Parts) : FilePredicate;

/// <summary>One of them.</summary>
internal sealed record AnyOf(IReadOnlyList<FilePredicate> Parts) : FilePredicate;

/// <summary>A column compared to a value.</summary>
/// <param name="Column">The column.</param>
/// <param name="Operator"><c>=</c>, <c>&lt;&gt;</c>, <c>&lt;</c>, <c>&lt;=</c>, <c>&gt;</c> or <c>&gt;=</c>.</param>
/// <param name="Value">The value.</param>
internal sealed record Comparison(FilteredColumn Column, string Operator, FilterValue Value) : FilePredicate;

/// <summary>A column that is null, or is not.</summary>
internal sealed record NullCheck(FilteredColumn Column, bool IsNull) : FilePredicate;

/// <summary>A text that starts with another.</summary>
internal sealed record StartsWith(FilteredColumn Column, string Prefix) : FilePredicate;

/// <summary>A column, or a function of it that keeps its order.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Before">SQL before the column.</param>
/// <param name="After">SQL after the column.</param>
internal sealed record FilteredColumn(string Name, string Before = "", string After = "")
{
    public bool IsPlain => Before.Length == 0;

    public string Of(string column) => Before + column + After;
}

/// <summary>A value that a query gives: a constant, a parameter, or what is computed from these.</summary>
/// <param name="Sql">The value in SQL.</param>
/// <param name="IsText">Whether it is a constant text.</param>
/// <param name="Parameter">The parameter that it is, or null.</param>
internal sealed record FilterValue(string Sql, bool IsText, string? Parameter);
