using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// A table or view that a SELECT over other tables makes: a <c>.sql</c> file with a header. Made by <see cref="SqlModelSet"/>, which
/// has checked it. Immutable.
/// </summary>
public sealed record SqlModel
{
    internal SqlModel(TableName name, string file) => (Table, File) = (name, file);

    /// <summary>Its name, and that of the table or view which it makes: <c>layer.name</c>.</summary>
    public string Name => Table.ToString();

    /// <summary>The layer.</summary>
    public string Layer => Table.Layer;

    /// <summary>The file that it was read from, as the set was given it.</summary>
    public string File { get; }

    /// <summary>What it is, in a sentence; null where the header does not say.</summary>
    public string? Description { get; internal init; }

    /// <summary>What becomes of the query's rows.</summary>
    public Materialization Materialization { get; internal init; }

    /// <summary>The columns that tell one row from another: for an incremental model those by which rows are merged, else those that are said to be unique; may be none.</summary>
    public IReadOnlyList<string> UniqueKey { get; internal init; } = [];

    /// <summary>An incremental model's column whose values grow with newer rows: only rows from the table's greatest one on, less <see cref="Lookback"/>, are merged; null for all rows.</summary>
    public string? Watermark { get; internal init; }

    /// <summary>How far below the greatest watermark rows are still merged: a duration such as <c>3d</c>, or a number; null for none.</summary>
    public string? Lookback { get; internal init; }

    /// <summary>The table's partition columns.</summary>
    public IReadOnlyList<string> PartitionBy { get; internal init; } = [];

    /// <summary>The column that says when what a row tells of happened, so that the table's commits tell which of these times they touched; null for none.</summary>
    public string? EventTime { get; internal init; }

    /// <summary>The documented columns, in the header's order. The query may give more.</summary>
    public IReadOnlyList<ModelColumn> Columns { get; internal init; } = [];

    /// <summary>The tests that its rows pass before they are published.</summary>
    public IReadOnlyList<ModelTest> Tests { get; internal init; } = [];

    /// <summary>The query, without the header.</summary>
    public string Sql { get; internal init; } = "";

    /// <summary>The tables and views that the query reads, in order of their first mention.</summary>
    public IReadOnlyList<string> Reads { get; internal init; } = [];

    /// <summary>What must be there before it runs: what the query reads, and the tables that its tests look into.</summary>
    public IReadOnlyList<string> Upstream { get; internal init; } = [];

    /// <summary>16 hexadecimal digits of what decides the rows (the query and how they are kept): equal where a run would do the same.</summary>
    public string Hash { get; internal init; } = "";

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal TableName Table { get; }

    /// <summary>The file's line on which the query's text starts.</summary>
    internal int SqlLine { get; init; }

    /// <summary>Where the header says things, for errors: the header's path (as in <c>columns.id</c>) to the line.</summary>
    internal IReadOnlyDictionary<string, int> Lines { get; init; } = new Dictionary<string, int>();

    /// <summary>Whether its query could be read; another has errors of its own.</summary>
    internal bool IsReadable { get; init; }

    internal int LineOf(string path) => Lines.GetValueOrDefault(path, 1);
}

/// <summary>A column that a model documents.</summary>
/// <param name="Name">Its name; the query gives such a column.</param>
/// <param name="Description">What it means; becomes the comment of the table's column. Null where only tests are given.</param>
public sealed record ModelColumn(string Name, string? Description);

/// <summary>What becomes of the rows of a model's query.</summary>
public enum Materialization
{
    /// <summary>Nothing: the query is stored under the name, and runs whenever a query names it.</summary>
    View,

    /// <summary>Each run replaces all rows of the table, in one commit.</summary>
    Table,

    /// <summary>Each run merges rows into the table by their key, in one commit.</summary>
    Incremental,
}
