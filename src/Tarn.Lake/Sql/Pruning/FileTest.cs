using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// Turns what a query asks of rows into what a file must say of its columns so that it may hold such rows: a condition in SQL over the columns <c>least_N</c>, <c>greatest_N</c>, <c>nulls_N</c> of a table
/// with a row a file. DuckDB computes it, so that values compare as they do in the query itself.
/// </summary>
internal sealed class FileTest(LogState state, IReadOnlyDictionary<string, object?> parameters)
{
    private readonly List<DeltaField> _columns = [];
    private readonly HashSet<string> _partitions = [.. state.PartitionFields.Select(static f => f.Name)];

    /// <summary>The columns that matter; N is the position here.</summary>
    public IReadOnlyList<DeltaField> Columns => _columns;

    /// <summary>The condition for one of several predicates; null where every file may hold such rows.</summary>
    public string? Sql(IReadOnlyList<FilePredicate> anyOf)
    {
        var parts = anyOf.Select(Sql).ToList();
        return parts.Contains(null) ? null : string.Join(" OR ", parts);
    }

    private string? Sql(FilePredicate predicate)
    {
        switch (predicate)
        {
            case AllOf all:
                var known = all.Parts.Select(Sql).OfType<string>().ToList();
                return known.Count == 0 ? null : $"({string.Join(" AND ", known)})";
            case AnyOf any:
                return Sql(any.Parts) is { } condition ? $"({condition})" : null;
            case NullCheck check when Find(check.Column) is { } n:
                return $"nulls_{n} <> {(int)(check.IsNull ? NullsKnown.None : NullsKnown.All)}";
            case StartsWith starts when Find(starts.Column) is { } n && IsText(n):
                var prefix = SqlNames.Text(starts.Prefix);
                return $"(NOT COALESCE(least_{n} > {prefix} AND NOT starts_with(least_{n}, {prefix}), false) AND NOT COALESCE(greatest_{n} < {prefix}, false) AND {HasValues(n)})";
            case Comparison comparison when Find(comparison.Column) is { } n && Fits(n, comparison):
                return $"({Compare(comparison, comparison.Column.Of($"least_{n}"), comparison.Column.Of($"greatest_{n}"))} AND {HasValues(n)})";
            default:
                return null;
        }
    }

    private static string Compare(Comparison comparison, string least, string greatest)
    {
        var value = $"({comparison.Value.Sql})";
        return comparison.Operator switch
        {
            "=" => $"NOT COALESCE({least} > {value}, false) AND NOT COALESCE({greatest} < {value}, false)",
            "<>" => $"NOT COALESCE({least} = {value} AND {greatest} = {value}, false)",
            "<" => $"NOT COALESCE({least} >= {value}, false)",
            "<=" => $"NOT COALESCE({least} > {value}, false)",
            ">" => $"NOT COALESCE({greatest} <= {value}, false)",
            _ => $"NOT COALESCE({greatest} < {value}, false)",
        };
    }

    private static string HasValues(int n) => $"nulls_{n} <> {(int)NullsKnown.All}";

    /// <summary>The position of a column that files can tell something of.</summary>
    private int? Find(FilteredColumn column)
    {
        if (state.Fields.Find(column.Name) is not { Type: DeltaPrimitive } field)
        {
            return null;
        }

        var at = _columns.IndexOf(field);
        if (at < 0)
        {
            at = _columns.Count;
            _columns.Add(field);
        }

        return at;
    }

    /// <summary>Whether the order of a file's bounds is that in which the query compares.</summary>
    private bool Fits(int n, Comparison comparison)
    {
        var (field, value) = (_columns[n], comparison.Value);
        return field.Type.Logical switch
        {
            // A text that is compared to anything else is cast first, and texts of numbers are in another order.
            PrimitiveType { Name: "string" } => comparison.Column.IsPlain && (value.IsText || (value.Parameter is { } name && QueryParameters.TryGet(parameters, name, out var given) && given is string)),
            PrimitiveType { Name: "binary" } => false,
            PrimitiveType { Name: "boolean" } => comparison.Column.IsPlain && _partitions.Contains(field.Name),
            PrimitiveType { Name: "float" or "double" } => comparison.Operator != "<>" || _partitions.Contains(field.Name),
            _ => true,
        };
    }

    private bool IsText(int n) => _columns[n].Type.Logical is PrimitiveType { Name: "string" };
}
