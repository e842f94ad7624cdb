namespace Tarn.Lake;

/// <summary>What a model's rows must hold before they are published. A row that does not is a failing row.</summary>
public sealed record ModelTest
{
    internal ModelTest(ModelTestKind kind, IReadOnlyList<string> columns) => (Kind, Columns) = (kind, columns);

    /// <summary>Which rule.</summary>
    public ModelTestKind Kind { get; }

    /// <summary>The columns that it is about, one or more.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The values that are accepted, as text; of <see cref="ModelTestKind.AcceptedValues"/> only. Compared as text, null is left out.</summary>
    public IReadOnlyList<string> Values { get; internal init; } = [];

    /// <summary>The table that holds the values; of <see cref="ModelTestKind.Relationships"/> only.</summary>
    public string? To { get; internal init; }

    /// <summary>That table's columns, as many as <see cref="Columns"/>.</summary>
    public IReadOnlyList<string> ToColumns { get; internal init; } = [];

    /// <summary>Whether failing rows stop the publishing or are only told.</summary>
    public TestSeverity Severity { get; internal init; } = TestSeverity.Error;

    /// <inheritdoc/>
    public override string ToString()
    {
        var columns = string.Join(", ", Columns);
        return Kind switch
        {
            ModelTestKind.Unique => $"unique({columns})",
            ModelTestKind.NotNull => $"not_null({columns})",
            ModelTestKind.AcceptedValues => $"accepted_values({columns} in {string.Join(", ", Values)})",
            _ => $"relationships({columns} in {To}({string.Join(", ", ToColumns)}))",
        };
    }

    /// <summary>The header's line that gives it.</summary>
    internal int Line { get; init; }
}

/// <summary>The rules that a test can state.</summary>
public enum ModelTestKind
{
    /// <summary>No two rows have the same values in the columns; rows with a null among them are left out.</summary>
    Unique,

    /// <summary>No row has a null in any of the columns.</summary>
    NotNull,

    /// <summary>The column holds only the values given, or null.</summary>
    AcceptedValues,

    /// <summary>The columns' values are those of a row of another table; rows with a null among them are left out.</summary>
    Relationships,
}

/// <summary>What failing rows do.</summary>
public enum TestSeverity
{
    /// <summary>Nothing is published, and the run fails.</summary>
    Error,

    /// <summary>The rows are published, and the failing ones are told.</summary>
    Warn,
}
