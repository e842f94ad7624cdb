using System.Linq.Expressions;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>What a table is to be: its name, its columns, and what is said about it.</summary>
/// <param name="Name"><c>layer.name</c>, as in <c>silver.earthquakes</c>.</param>
/// <param name="Schema">Its columns, the partition columns among them.</param>
public sealed record TableDefinition(string Name, TableSchema Schema)
{
    /// <summary>The columns by whose values rows are kept apart in files; default none. Fixed when the table is created.</summary>
    public IReadOnlyList<string> PartitionBy { get; init; } = [];

    /// <summary>What the table is, for the console and the catalogue.</summary>
    public string? Description { get; init; }

    /// <summary>
    /// The column that says when what a row tells of happened (of type timestamp, timestamp_ntz or date), stored as property <c>tarn.eventTime</c>: commits then tell which of these
    /// times they touched (<see cref="Lake.TouchedSinceAsync(string, long, int, CancellationToken)"/>). Default none; a table that has one keeps it.
    /// </summary>
    public string? EventTime { get; init; }

    /// <summary>Delta table properties, such as <c>delta.appendOnly</c>, and our own under <c>tarn.</c>; default none.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = EmptyMap.Strings;

    /// <summary>A table of rows of a class: its public properties are the columns (<see cref="RowMapping{T}"/>).</summary>
    /// <param name="name"><c>layer.name</c>.</param>
    /// <param name="eventTime">The property that says when what a row tells of happened, as in <c>e => e.Time</c>; null for none.</param>
    public static TableDefinition Of<T>(string name, Expression<Func<T, object?>>? eventTime = null) => new(name, RowMapping<T>.Instance.Schema)
    {
        Description = RowMapping<T>.Instance.Description,
        EventTime = eventTime is null ? null : RowMapping<T>.Instance.ColumnOf(eventTime).Name,
    };

    internal IEnumerable<KeyValuePair<string, string>> AllProperties => EventTime is null ? Properties : Properties.Append(new(Tarn.Lake.EventTime.Property, EventTime));
}
