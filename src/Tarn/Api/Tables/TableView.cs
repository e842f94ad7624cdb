using System.Text.Json;

namespace Tarn;

/// <summary>A table, in short; or a view (its kind says so): a stored query, which has neither versions nor rows of its own.</summary>
internal record TableView(
    string Name,
    string Layer,
    string? Description,
    string Kind,
    long? Version,
    DateTimeOffset UpdatedAt,
    long? Rows,
    int Files,
    long Bytes,
    IReadOnlyList<string> PartitionBy);

/// <summary>A table with its schema.</summary>
internal sealed record TableDetailsView(
    string Name,
    string Layer,
    string? Description,
    string Kind,
    long? Version,
    DateTimeOffset UpdatedAt,
    long? Rows,
    int Files,
    long Bytes,
    IReadOnlyList<string> PartitionBy,
    IReadOnlyList<ColumnView> Schema,
    IReadOnlyList<TransactionView> Transactions,
    IReadOnlyDictionary<string, string> Properties,
    IReadOnlyList<string> Key,
    string Location,
    IReadOnlyList<string> Upstream,
    IReadOnlyList<string> Downstream,
    ModelView? Model)
    : TableView(Name, Layer, Description, Kind, Version, UpdatedAt, Rows, Files, Bytes, PartitionBy);

/// <summary>The SQL model that makes a table or view.</summary>
/// <param name="File">Its file, as it is called in its folder.</param>
/// <param name="Materialized"><c>view</c>, <c>table</c> or <c>incremental</c>.</param>
/// <param name="Pipeline">The pipeline that runs it.</param>
/// <param name="Watermark">The column by which newer rows are known, or null.</param>
/// <param name="Lookback">How far below the greatest watermark rows are still merged, or null.</param>
/// <param name="Tests">What its rows hold before they are published.</param>
/// <param name="Sql">Its query.</param>
internal sealed record ModelView(string File, string Materialized, string Pipeline, string? Watermark, string? Lookback, IReadOnlyList<ModelTestView> Tests, string Sql);

/// <summary>A test of a model's rows.</summary>
internal sealed record ModelTestView(string Test, string Severity);

/// <summary>What a refresh is asked for with.</summary>
/// <param name="Full">Makes the table's columns and all its rows anew.</param>
internal sealed record RefreshRequest(bool? Full);

/// <summary>What a refresh did.</summary>
/// <param name="Table">The table or view.</param>
/// <param name="Action"><c>replaced</c>, <c>merged</c>, <c>unchanged</c> or <c>view_stored</c>.</param>
/// <param name="Version">The table's version afterwards; null for a view.</param>
/// <param name="Rows">Rows that were written.</param>
/// <param name="Warnings">Tests of severity warn that found rows.</param>
internal sealed record RefreshView(string Table, string Action, long? Version, long Rows, IReadOnlyList<string> Warnings);

/// <summary>A column.</summary>
internal sealed record ColumnView(string Name, string Type, bool Nullable, string? Description);

/// <summary>How far an application came: the progress that is stored with the rows.</summary>
internal sealed record TransactionView(string AppId, long Version);

/// <summary>One version of a table.</summary>
internal sealed record TableVersionView(
    long Version,
    DateTimeOffset Timestamp,
    string Operation,
    IReadOnlyDictionary<string, string> Metrics,
    IReadOnlyList<TransactionView> Transactions,
    string? By);

/// <summary>What a vacuum is asked for with.</summary>
/// <param name="Retain">Files that left the table longer ago than this are removed, as in <c>7d</c>; default 7 days.</param>
/// <param name="DryRun">Only says what would be removed.</param>
internal sealed record VacuumRequest(string? Retain, bool? DryRun);

/// <summary>What a vacuum did, or would do.</summary>
internal sealed record VacuumView(string Table, bool DryRun, int Files, long Bytes);

/// <summary>What an optimize is asked for with.</summary>
/// <param name="ZOrderBy">Columns by which rows are put in order so that those alike lie together; default none.</param>
/// <param name="Where">Which partitions, an SQL expression over the partition columns; default all.</param>
internal sealed record OptimizeRequest(IReadOnlyList<string>? ZOrderBy, string? Where);

/// <summary>What a restore is asked for with.</summary>
/// <param name="To">A version, or a time.</param>
internal sealed record RestoreRequest(string? To);

/// <summary>What a restore did.</summary>
internal sealed record RestoreView(string Table, long Version, long RowsAdded, long RowsRemoved);

/// <summary>What an optimize did.</summary>
internal sealed record OptimizeView(string Table, long? Version, int FilesRemoved, int FilesAdded, long BytesRemoved, long BytesAdded);

/// <summary>A query.</summary>
/// <param name="Sql">One SELECT; tables are named layer.table.</param>
/// <param name="AsOf">A version, or a time (ISO 8601), of the tables; default now.</param>
/// <param name="MaxRows">At most so many rows are answered, 1 to 1,000,000; default 10,000.</param>
/// <param name="Parameters">
/// Values of the query's parameters: of <c>$name</c> under <c>name</c>, of <c>$1</c> or the first <c>?</c> under <c>1</c>. A value is null, a boolean, a number, a text (which is cast to what it is compared with),
/// or a list of numbers or of texts.
/// </param>
internal sealed record QueryRequest(string? Sql, string? AsOf, int? MaxRows, Dictionary<string, System.Text.Json.JsonElement>? Parameters = null);

/// <summary>A column of a result.</summary>
internal sealed record ResultColumnView(string Name, string Type);

/// <summary>A query's result; each row has a value for each column.</summary>
internal sealed record QueryResultView(IReadOnlyList<ResultColumnView> Columns, IReadOnlyList<IReadOnlyList<JsonElement?>> Rows, bool Truncated, double ElapsedMs);

/// <summary>Rows of a table; each has a value for each column.</summary>
internal sealed record RowsView(IReadOnlyList<ResultColumnView> Columns, IReadOnlyList<IReadOnlyList<JsonElement?>> Rows, long? Total);
