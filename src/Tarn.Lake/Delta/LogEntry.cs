using System.Globalization;

namespace Tarn.Lake;

/// <summary>What a file of the log is.</summary>
internal enum LogEntryKind
{
    /// <summary>Something else.</summary>
    Other,

    /// <summary>A commit.</summary>
    Commit,

    /// <summary>A checkpoint under its version's one name (V1 or V2), or a part of a V1 checkpoint.</summary>
    Checkpoint,

    /// <summary>A V2 checkpoint under a name of its own.</summary>
    NamedCheckpoint,

    /// <summary>The reconciled actions of several commits.</summary>
    Compaction,

    /// <summary>What a version's state adds up to.</summary>
    Checksum,
}

/// <summary>A file directly in <c>_delta_log</c>, by its name.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Version">Its version; of a compaction the first.</param>
/// <param name="Path">Its path in the store.</param>
internal readonly record struct LogEntry(LogEntryKind Kind, long Version, string Path)
{
    private const int Digits = 20;

    /// <summary>Of a checkpoint: which part it is, from 1.</summary>
    public int Part { get; init; } = 1;

    /// <summary>Of a checkpoint: how many parts there are; 0 for a checkpoint of one file without a part's number.</summary>
    public int Parts { get; init; }

    /// <summary>Of a compaction: the last version.</summary>
    public long Last { get; init; } = Version;

    /// <summary>When it was written.</summary>
    public DateTimeOffset LastModified { get; init; }

    /// <summary>Its length in bytes.</summary>
    public long Size { get; init; }

    public bool IsCheckpoint => Kind is LogEntryKind.Checkpoint or LogEntryKind.NamedCheckpoint;

    /// <summary>What a name in <c>_delta_log</c> is.</summary>
    public static LogEntry Parse(string path)
    {
        var name = path.AsSpan(path.LastIndexOf('/') + 1);
        if (!TryVersion(name, out var version))
        {
            return default;
        }

        var rest = name[(Digits + 1)..];
        return rest switch
        {
            "json" => new LogEntry(LogEntryKind.Commit, version, path),
            "crc" => new LogEntry(LogEntryKind.Checksum, version, path),
            _ when rest.StartsWith("checkpoint.") => Checkpoint(rest["checkpoint.".Length..], version, path),
            _ when rest.EndsWith(".compacted.json") && TryVersion(rest, out var last) && rest.Length == Digits + ".compacted.json".Length && last > version =>
                new LogEntry(LogEntryKind.Compaction, version, path) { Last = last },
            _ => default,
        };
    }

    private static LogEntry Checkpoint(ReadOnlySpan<char> rest, long version, string path)
    {
        if (rest is "parquet")
        {
            return new LogEntry(LogEntryKind.Checkpoint, version, path);
        }

        // Multi-part: <part>.<parts>.parquet, ten digits each.
        if (rest.Length == 29 && rest[10] == '.' && rest[21..] is ".parquet"
            && int.TryParse(rest[..10], NumberStyles.None, CultureInfo.InvariantCulture, out var part)
            && int.TryParse(rest[11..21], NumberStyles.None, CultureInfo.InvariantCulture, out var parts))
        {
            return part >= 1 && part <= parts ? new LogEntry(LogEntryKind.Checkpoint, version, path) { Part = part, Parts = parts } : default;
        }

        var dot = rest.IndexOf('.');
        return dot > 0 && rest[dot..] is ".parquet" or ".json" && Guid.TryParseExact(rest[..dot], "D", out _)
            ? new LogEntry(LogEntryKind.NamedCheckpoint, version, path) : default;
    }

    private static bool TryVersion(ReadOnlySpan<char> name, out long version)
    {
        version = 0;
        return name.Length > Digits && name[Digits] == '.' && long.TryParse(name[..Digits], NumberStyles.None, CultureInfo.InvariantCulture, out version);
    }
}
