using Tarn.Core;

namespace Tarn.Lake;

/// <summary>The column that says when what a row tells of happened, where the table names one, and how finely commits tell which of these times they touched.</summary>
/// <param name="Field">The column.</param>
/// <param name="Grain">In microseconds.</param>
internal sealed record EventTime(DeltaField Field, long Grain)
{
    /// <summary>The table property with the column's name.</summary>
    public const string Property = "tarn.eventTime";

    /// <summary>The table property with the grain.</summary>
    public const string GrainProperty = "tarn.eventTimeGrain";

    private const long Day = 86_400_000_000;
    private const long Shortest = 1_000_000;
    private const long Longest = 366 * Day;
    private const long Minute = 60_000_000;
    private static readonly long Earliest = Micros(DateTimeOffset.MinValue);
    private static readonly long Latest = Micros(DateTimeOffset.MaxValue);

    /// <summary>Whether the column's values are days.</summary>
    public bool IsDay => Field.Type.Logical == ColumnType.Date;

    /// <summary>The event time of a version's rows; null where the table names none.</summary>
    public static EventTime? Of(LogState state) => state.Metadata is { } metadata ? Of(metadata, state.Fields.Fields) : null;

    /// <summary>The same by the metadata that a commit brings, where it does.</summary>
    public static EventTime? Of(LogState state, IReadOnlyList<DeltaAction> actions) =>
        actions.OfType<MetadataAction>().LastOrDefault() is { } changed
            ? Of(changed, DeltaSchema.Parse(changed.SchemaString, TableProtocol.Mapping(changed)).Fields)
            : Of(state);

    private static EventTime? Of(MetadataAction metadata, IReadOnlyList<DeltaField> fields) =>
        metadata.Configuration.TryGetValue(Property, out var name)
        && fields.FirstOrDefault(f => string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase)) is { } field && IsTime(field.Type.Logical)
            ? new EventTime(field, GrainOf(metadata, field.Type.Logical == ColumnType.Date))
            : null;

    /// <summary>Checks a property that is set.</summary>
    /// <exception cref="TarnException">It names no column of a type that has times, or no grain.</exception>
    public static void Check(string table, string property, string? value, IReadOnlyList<DeltaField> fields)
    {
        if (value is null)
        {
            return;
        }

        if (property == Property && (fields.FirstOrDefault(f => string.Equals(f.Name, value, StringComparison.OrdinalIgnoreCase)) is not { } field || !IsTime(field.Type.Logical)))
        {
            throw TarnException.InvalidInput(
                $"The event time of table {table} is a column of type timestamp, timestamp_ntz or date.", value,
                $"It has {string.Join(", ", fields.Where(static f => IsTime(f.Type.Logical)).Select(static f => f.Name).DefaultIfEmpty("none"))}.");
        }

        if (property == GrainProperty && (TableProperty.Duration(value) is not { } grain || Micros(grain) is < Shortest or > Longest))
        {
            throw TarnException.InvalidInput($"Property {GrainProperty} of table {table} is a duration from a second to 366 days.", value, "For example interval 5 minutes.");
        }
    }

    /// <summary>A value of a row as microseconds since the Unix epoch; null where it is null.</summary>
    public static long? MicrosOf(object? value) => value switch
    {
        DateTimeOffset instant => Micros(instant),
        DateTime local => Micros(new DateTimeOffset(local.Ticks, TimeSpan.Zero)),
        DateOnly day => Micros(new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue).Ticks, TimeSpan.Zero)),
        _ => null,
    };

    public static long Micros(DateTimeOffset instant) => FloorDivide(instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks, TimeSpan.TicksPerMicrosecond);

    /// <summary>Microseconds as an instant; what lies outside the years 1 to 9999 is their beginning or end.</summary>
    public static DateTimeOffset Instant(long micros) =>
        micros >= Latest ? DateTimeOffset.MaxValue : micros <= Earliest ? DateTimeOffset.MinValue : DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);

    /// <summary>Microseconds within the years 1 to 9999.</summary>
    public static long Clamp(long micros) => Math.Clamp(micros, Earliest, Latest);

    public static long FloorDivide(long value, long by)
    {
        var quotient = value / by;
        return value % by < 0 ? quotient - 1 : quotient;
    }

    private static long Micros(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Whether values of a type are times.</summary>
    public static bool IsTime(ColumnType type) => type == ColumnType.Timestamp || type == ColumnType.TimestampNtz || type == ColumnType.Date;

    private static long GrainOf(MetadataAction metadata, bool isDay)
    {
        var grain = Micros(TableProperty.Duration(metadata, GrainProperty, TimeSpan.Zero));
        grain = grain is >= Shortest and <= Longest ? grain : Minute;
        return isDay ? Math.Max(grain, Day) : grain;
    }
}
