using System.Globalization;

namespace Tarn.Contracts;

/// <summary>A <c>metaData</c> action, read.</summary>
internal sealed class DeltaMetadata
{
    /// <exception cref="FormatException">The schema cannot be read.</exception>
    public DeltaMetadata(LoggedAction action)
    {
        Action = action;
        Configuration = action.Map("configuration");
        PartitionColumns = action.Texts("partitionColumns") ?? [];
        Schema = DeltaSchema.Parse(action.Text("schemaString") ?? "");
    }

    public LoggedAction Action { get; }

    public IReadOnlyDictionary<string, string?> Configuration { get; }

    public IReadOnlyList<string> PartitionColumns { get; }

    public DeltaType Schema { get; }

    /// <summary>The mode of column mapping: none, name or id.</summary>
    public string Mapping => Configuration.TryGetValue("delta.columnMapping.mode", out var mode) && mode is "name" or "id" ? Configuration["delta.columnMapping.mode"]! : "none";

    public bool IsOn(string property) => Configuration.TryGetValue(property, out var value) && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);

    public DeltaField? Find(string column) => Schema.Fields.FirstOrDefault(f => string.Equals(f.Name, column, StringComparison.OrdinalIgnoreCase));

    /// <summary>The partition columns' fields, in order.</summary>
    public IEnumerable<DeltaField> PartitionFields => PartitionColumns.Select(Find).OfType<DeltaField>();

    /// <summary>The columns that are in files.</summary>
    public IEnumerable<DeltaField> FileFields => Schema.Fields.Where(f => !PartitionColumns.Contains(f.Name, StringComparer.OrdinalIgnoreCase));

    /// <summary>How long tombstones are kept; a week where the table does not say.</summary>
    public TimeSpan TombstoneRetention() => Duration("delta.deletedFileRetentionDuration", "interval 1 week");

    /// <summary>Whether an application's progress may be left out at an instant: by the table's property, or as one of Tarn's own tasks, which are told by their name.</summary>
    public bool IsExpired(LoggedAction txn, long? now)
    {
        var all = Configuration.ContainsKey("delta.setTransactionRetentionDuration") ? Duration("delta.setTransactionRetentionDuration", "") : (TimeSpan?)null;
        var isTask = txn.Text("appId")?.StartsWith("tarn.task/", StringComparison.Ordinal) == true;
        var age = now - txn.Number("lastUpdated");
        return age >= all?.TotalMilliseconds || (isTask && age >= Duration("tarn.taskTransactionRetention", "interval 30 days").TotalMilliseconds);
    }

    private TimeSpan Duration(string property, string otherwise)
    {
        var words = (Configuration.GetValueOrDefault(property) ?? otherwise).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var total = TimeSpan.Zero;
        for (var i = words.Length > 0 && words[0] == "interval" ? 1 : 0; i + 1 < words.Length; i += 2)
        {
            if (!double.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out var count))
            {
                return TimeSpan.FromDays(7);
            }

            total += words[i + 1].TrimEnd('s') switch
            {
                "week" => TimeSpan.FromDays(7 * count),
                "day" => TimeSpan.FromDays(count),
                "hour" => TimeSpan.FromHours(count),
                "minute" => TimeSpan.FromMinutes(count),
                "second" => TimeSpan.FromSeconds(count),
                "millisecond" => TimeSpan.FromMilliseconds(count),
                _ => TimeSpan.Zero,
            };
        }

        return total;
    }
}
