using Tarn.Core;

namespace Tarn.Lake;

/// <summary>How tables are kept.</summary>
public sealed record LakeOptions
{
    /// <summary>After how many commits a checkpoint is written, where the table does not say (<c>delta.checkpointInterval</c>); default 100, range 1 to 1,000,000.</summary>
    public int CheckpointInterval { get; init; } = 100;

    /// <summary>Whether V2 checkpoints' own files are JSON, where tables ask for V2 checkpoints (<c>delta.checkpointPolicy</c>); default no: Parquet.</summary>
    public bool JsonCheckpoints { get; init; }

    /// <summary>How many files and removals a V2 checkpoint holds itself, and a sidecar at most; default 20,000, range 1 to 1,000,000.</summary>
    public int SidecarRows { get; init; } = 20_000;

    /// <summary>How many small files a table may have before an append packs them together; default 64, at least 2; 0 for never.</summary>
    public int OptimizeAbove { get; init; } = 64;

    /// <summary>A file below this length counts as small, and packing aims at this length; default 64 MiB, at least 1 MiB.</summary>
    public long TargetFileBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Memory for rows of recently merged files, and as much again for which keys they hold, a keyed table; default 16 MiB. Less is slower, never wrong.
    /// </summary>
    public long MergeCacheBytes { get; init; } = 16L << 20;

    /// <summary>VACUUM refuses a shorter retention than this; default 7 days, zero to force any. Readers of old versions, and writers in flight, rely on it.</summary>
    public TimeSpan MinimumRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// DuckDB's memory, in bytes, for all queries and merges together; default a quarter of the machine's, 1 GiB at most; at least 64 MiB.
    /// What needs more fails, or spills to <see cref="SpillFolder"/>.
    /// </summary>
    public long? DuckDbMemoryBytes { get; init; }

    /// <summary>DuckDB's threads; default the number of processors, range 1 to 1,024.</summary>
    public int? DuckDbThreads { get; init; }

    /// <summary>A folder, by its full path, for what does not fit DuckDB's memory; null (the default) for none.</summary>
    public string? SpillFolder { get; init; }

    /// <summary>
    /// A folder, by its full path, for files on their way to and from a store that is not local; default <c>tarn</c> in the system's folder for such.
    /// </summary>
    public string TemporaryFolder { get; init; } = Path.Combine(Path.GetTempPath(), "tarn");

    /// <summary>
    /// How many bytes of data files of a store that is not local are kept in <see cref="TemporaryFolder"/> for further queries, the least recently used given
    /// up first; default 4 GiB, at least 0. Files that running queries use stay, so that a query over more than this needs more for as long as it runs.
    /// </summary>
    public long FileCacheBytes { get; init; } = 4L << 30;

    /// <summary>
    /// Folders, by their full paths, and stores (<c>s3://bucket/prefix</c>) elsewhere, that queries may read beside the lake: by <c>delta_scan</c>, <c>read_parquet</c>, <c>read_csv</c>, <c>read_json</c>
    /// and the like. Default none: then a query reads the lake and nothing else. <c>/</c> is everything that this process may read.
    /// </summary>
    public IReadOnlyList<string> ReadableFolders { get; init; } = [];

    /// <summary>The full path of the folder where relative paths in queries start; null (the default) where they must be full.</summary>
    public string? WorkingFolder { get; init; }

    /// <summary>What <c>engineInfo</c> of commits says; default <c>Tarn</c> and its version.</summary>
    public string EngineInfo { get; init; } = $"Tarn/{typeof(LakeOptions).Assembly.GetName().Version?.ToString(3) ?? "0"}";

    /// <summary>Every rule that the options break, none where they are good.</summary>
    public IReadOnlyList<string> Errors()
    {
        var errors = new List<string>();
        Check(CheckpointInterval is >= 1 and <= 1_000_000, $"Lake:CheckpointInterval is 1 to 1,000,000 (value: {CheckpointInterval}).");
        Check(SidecarRows is >= 1 and <= 1_000_000, $"Lake:SidecarRows is 1 to 1,000,000 (value: {SidecarRows}).");
        Check(OptimizeAbove is 0 or >= 2, $"Lake:OptimizeAbove is at least 2, or 0 for never (value: {OptimizeAbove}).");
        Check(TargetFileBytes >= 1 << 20, $"Lake:TargetFileBytes is at least 1 MiB (value: {TargetFileBytes}).");
        Check(MergeCacheBytes >= 0, $"Lake:MergeCacheBytes is not negative (value: {MergeCacheBytes}).");
        Check(MinimumRetention >= TimeSpan.Zero, $"Lake:MinimumRetention is not negative (value: {MinimumRetention}).");
        Check(DuckDbMemoryBytes is null or >= 64 << 20, $"Lake:DuckDbMemoryBytes is at least 64 MiB (value: {DuckDbMemoryBytes}).");
        Check(DuckDbThreads is null or (>= 1 and <= 1024), $"Lake:DuckDbThreads is 1 to 1,024 (value: {DuckDbThreads}).");
        Check(Path.IsPathFullyQualified(TemporaryFolder), $"Lake:TemporaryFolder is a full path (value: {TemporaryFolder}).");
        Check(FileCacheBytes >= 0, $"Lake:FileCacheBytes is not negative (value: {FileCacheBytes}).");
        foreach (var folder in ReadableFolders)
        {
            Check(Path.IsPathFullyQualified(folder) || folder.Contains("://", StringComparison.Ordinal), $"Lake:ReadableFolders are full paths, or URIs of stores (value: {folder}).");
        }

        Check(WorkingFolder is null || Path.IsPathFullyQualified(WorkingFolder), $"Lake:WorkingFolder is a full path (value: {WorkingFolder}).");
        Check(SpillFolder is null || Path.IsPathFullyQualified(SpillFolder), $"Lake:SpillFolder is a full path (value: {SpillFolder}).");
        return errors;

        void Check(bool good, string error)
        {
            if (!good)
            {
                errors.Add(error);
            }
        }
    }

    internal void Validate()
    {
        if (Errors() is { Count: > 0 } errors)
        {
            throw TarnException.InvalidInput(string.Join(" ", errors), null);
        }
    }
}
