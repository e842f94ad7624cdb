using System.Globalization;

namespace Tarn.Lake;

/// <summary>Properties by which a table says how its log is kept (Delta's names and defaults), read from its metadata. A value that cannot be read counts as absent.</summary>
internal static class TableProperty
{
    public const string CheckpointInterval = "delta.checkpointInterval";
    public const string CheckpointPolicy = "delta.checkpointPolicy";
    public const string StatsAsJson = "delta.checkpoint.writeStatsAsJson";
    public const string StatsAsStruct = "delta.checkpoint.writeStatsAsStruct";
    public const string DeletedFileRetention = "delta.deletedFileRetentionDuration";
    public const string LogRetention = "delta.logRetentionDuration";
    public const string TransactionRetention = "delta.setTransactionRetentionDuration";
    public const string TaskRetention = "tarn.taskTransactionRetention";
    public const string LogCleanup = "delta.enableExpiredLogCleanup";
    public const string InCommitTimestamps = "delta.enableInCommitTimestamps";
    public const string InCommitTimestampVersion = "delta.inCommitTimestampEnablementVersion";
    public const string InCommitTimestampTime = "delta.inCommitTimestampEnablementTimestamp";

    private static readonly Dictionary<string, TimeSpan> Units = new(StringComparer.OrdinalIgnoreCase)
    {
        ["week"] = TimeSpan.FromDays(7),
        ["day"] = TimeSpan.FromDays(1),
        ["hour"] = TimeSpan.FromHours(1),
        ["minute"] = TimeSpan.FromMinutes(1),
        ["second"] = TimeSpan.FromSeconds(1),
        ["millisecond"] = TimeSpan.FromMilliseconds(1),
        ["microsecond"] = TimeSpan.FromMicroseconds(1),
    };

    public static bool IsOn(MetadataAction metadata, string name, bool otherwise = false) =>
        bool.TryParse(metadata.Configuration.GetValueOrDefault(name), out var value) ? value : otherwise;

    public static long? Number(MetadataAction metadata, string name) =>
        long.TryParse(metadata.Configuration.GetValueOrDefault(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>A duration as Spark writes intervals: <c>interval 1 week</c>, <c>30 days</c>, <c>2 hours 30 minutes</c>.</summary>
    public static TimeSpan Duration(MetadataAction metadata, string name, TimeSpan otherwise) => Duration(metadata.Configuration.GetValueOrDefault(name)) ?? otherwise;

    /// <inheritdoc cref="Duration(MetadataAction, string, TimeSpan)"/>
    /// <returns>Null where it cannot be read.</returns>
    public static TimeSpan? Duration(string? text)
    {
        var words = (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).AsSpan();
        if (words.Length > 0 && words[0].Equals("interval", StringComparison.OrdinalIgnoreCase))
        {
            words = words[1..];
        }

        if (words.Length is 0 || words.Length % 2 != 0)
        {
            return null;
        }

        var sum = TimeSpan.Zero;
        for (var i = 0; i < words.Length; i += 2)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || !Units.TryGetValue(words[i + 1].TrimEnd('s', 'S'), out var unit))
            {
                return null;
            }

            // Longer than any time there is.
            if ((Int128)unit.Ticks * count > TimeSpan.MaxValue.Ticks - sum.Ticks)
            {
                return null;
            }

            sum += unit * count;
        }

        return sum;
    }

    /// <summary>The features that properties ask for: a table that has the one has the other (protocol, "Table Features").</summary>
    public static IEnumerable<string> Features(IReadOnlyDictionary<string, string> properties)
    {
        if (properties.GetValueOrDefault(CheckpointPolicy) == "v2")
        {
            yield return TableFeature.V2Checkpoint;
        }

        if (bool.TryParse(properties.GetValueOrDefault(InCommitTimestamps), out var on) && on)
        {
            yield return TableFeature.InCommitTimestamp;
        }
    }
}
