using System.Globalization;
using System.Text.Json;

namespace Tarn.Lake;

/// <summary>What files say of their rows' event times without being read: by their statistics, or where the event time is a partition column by its value.</summary>
internal static class TouchedFiles
{
    /// <summary>Statistics tell times to the millisecond, and not every writer rounds the greatest up.</summary>
    private const long Rounding = 999;

    /// <summary>What a commit touches by the files that it adds and removes.</summary>
    /// <param name="time">The table's event time.</param>
    /// <param name="actions">The commit's actions.</param>
    /// <param name="before">The file of the version before, where that knows it: removals seldom have statistics.</param>
    public static TouchedSet Of(EventTime time, IEnumerable<DeltaAction> actions, Func<string, DataFile?> before)
    {
        var touched = new TouchedSet(time);
        foreach (var action in actions)
        {
            switch (action)
            {
                case AddFile { DataChange: true } add:
                    Add(touched, add);
                    break;
                case RemoveFile { DataChange: true } remove:
                    if (before(remove.Key) is { } file)
                    {
                        Add(touched, file.Action);
                    }
                    else
                    {
                        Add(touched, new AddFile { Path = remove.Path, Size = 0, PartitionValues = remove.PartitionValues ?? EmptyMap.NullableStrings, Stats = remove.Stats });
                    }

                    break;
            }
        }

        return touched;
    }

    /// <summary>Whether a commit changes rows.</summary>
    public static bool ChangesData(IEnumerable<DeltaAction> actions) => actions.Any(static a => a is AddFile { DataChange: true } or RemoveFile { DataChange: true });

    /// <summary>The rows of a file.</summary>
    public static void Add(TouchedSet touched, AddFile file)
    {
        if (Bounds(touched.Time, file) is not { } bounds)
        {
            touched.AddUnknown();
            return;
        }

        if (bounds.HasNulls)
        {
            touched.AddNull();
        }

        if (bounds.Least is { } least && bounds.Greatest is { } greatest)
        {
            touched.AddBetween(least, greatest);
        }
    }

    /// <summary>Whether all rows of a file lie in one piece of the grain, as its statistics have it; then it need not be read.</summary>
    public static bool AddWhereInOnePiece(TouchedSet touched, AddFile file)
    {
        var grain = touched.Time.Grain;
        if (Bounds(touched.Time, file) is not { } bounds
            || (bounds.Least is { } least && EventTime.FloorDivide(least, grain) != EventTime.FloorDivide(bounds.Greatest!.Value, grain)))
        {
            return false;
        }

        Add(touched, file);
        return true;
    }

    private static (long? Least, long? Greatest, bool HasNulls)? Bounds(EventTime time, AddFile file)
    {
        if (file.PartitionValues.TryGetValue(time.Field.PhysicalName, out var partition))
        {
            return string.IsNullOrEmpty(partition) ? (null, null, true) : Micros(partition) is { } value ? (value, value, false) : null;
        }

        if (file.StatsUtf8.IsEmpty)
        {
            return null;
        }

        try
        {
            return Read(time, file.StatsUtf8.Span);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // Statistics that cannot be read count as absent.
            return null;
        }
    }

    private static (long? Least, long? Greatest, bool HasNulls)? Read(EventTime time, ReadOnlySpan<byte> stats)
    {
        long? rows = null, nulls = null, least = null, greatest = null;
        var json = new Utf8JsonReader(stats, new JsonReaderOptions { MaxDepth = 256 });
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString();
            json.Read();
            switch (name)
            {
                case "numRecords":
                    rows = json.GetInt64();
                    break;
                case "minValues" when Find(ref json, time.Field.PhysicalName):
                    least = Micros(json.GetString());
                    Leave(ref json);
                    break;
                case "maxValues" when Find(ref json, time.Field.PhysicalName):
                    greatest = Micros(json.GetString()) + (time.IsDay ? 0 : Rounding);
                    Leave(ref json);
                    break;
                case "nullCount" when Find(ref json, time.Field.PhysicalName):
                    nulls = json.GetInt64();
                    Leave(ref json);
                    break;
                case "minValues" or "maxValues" or "nullCount":
                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        var hasNulls = time.Field.Nullable && nulls is not 0;
        return least is not null && greatest is not null ? (least, greatest, hasNulls) : rows == 0 ? (null, null, false) : rows is not null && nulls == rows ? (null, null, true) : null;
    }

    /// <summary>Moves to the value of a property of the object at which the reader is, or to the object's end where it has none that is a plain value.</summary>
    private static bool Find(ref Utf8JsonReader json, string name)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return false;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var found = json.ValueTextEquals(name);
            json.Read();
            if (found && json.TokenType is JsonTokenType.String or JsonTokenType.Number)
            {
                return true;
            }

            json.Skip();
        }

        return false;
    }

    /// <summary>Moves to the end of the object within which the reader is at a plain value.</summary>
    private static void Leave(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            json.Skip();
        }
    }

    private static long? Micros(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant) ? EventTime.Micros(instant) : null;
}
