using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>What VACUUM keeps besides data files: vectors, files of changes, what an absolute path names, the log.</summary>
public sealed class VacuumTests : IAsyncDisposable
{
    private const string Live = "ab^-aqEH.-t@S}K{vb[*k^";
    private const string Replaced = "^-aqEH.-t@S}K{vb[*k^";
    private readonly TableLogs _logs = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Root => Path.GetDirectoryName(_logs.Folder)!;

    public ValueTask DisposeAsync() => _logs.DisposeAsync();

    [Fact]
    public async Task What_versions_within_the_retention_name_stays_and_nothing_else_of_the_tables_own()
    {
        var today = TimeProvider.System.GetUtcNow();
        var now = today.ToUnixTimeMilliseconds();
        var old = now - (20L * 24 * 3600 * 1000);
        _logs.Commit(0, TableLogs.Info(old), """{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}""", TableLogs.Start.Split('\n')[1].Trim(),
            Add("kept.parquet", Live), Add("replaced.parquet", Replaced), TableLogs.Add(new Uri(Path.Combine(Root, "absolute.parquet")).AbsoluteUri),
            """{"cdc":{"path":"_change_data/old.parquet","partitionValues":{},"size":1,"dataChange":false}}""");
        _logs.Commit(1, TableLogs.Info(old + 1), """{"remove":{"path":"replaced.parquet","deletionTimestamp":1,"dataChange":true,"deletionVector":{"storageType":"u","pathOrInlineDv":"^-aqEH.-t@S}K{vb[*k^","offset":1,"sizeInBytes":1,"cardinality":1}}}""");
        _logs.Commit(2, TableLogs.Info(now), """{"cdc":{"path":"_change_data/p=1/new.parquet","partitionValues":{},"size":1,"dataChange":false}}""");
        var live = DeletionVectorFiles.RelativePath(new DeletionVectorDescriptor("u", Live, 1, 1, 1));
        string[] kept = ["kept.parquet", "absolute.parquet", "_change_data/p=1/new.parquet", live, "_delta_log/_sidecars/s.parquet", "_hidden/x.parquet", ".x", "p=1/_x/y"];
        string[] gone = [DeletionVectorFiles.RelativePath(new DeletionVectorDescriptor("u", Replaced, 1, 1, 1)), "_change_data/old.parquet", "_p=1/orphan.parquet", "replaced.parquet", "x/orphan.parquet"];
        foreach (var name in kept.Concat(gone))
        {
            var path = Path.Combine(Root, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, "x", Cancel);
            File.SetLastWriteTimeUtc(path, today.UtcDateTime.AddDays(-15));
        }

        var result = await _logs.Table.VacuumAsync(TimeSpan.FromDays(7), dryRun: false, Cancel);
        Assert.Equal(gone.Order(StringComparer.Ordinal), result.Files);
        Assert.All(kept, name => Assert.True(File.Exists(Path.Combine(Root, name)), name));
        Assert.All(gone, name => Assert.False(File.Exists(Path.Combine(Root, name)), name));
    }

    private static string Add(string path, string vector) =>
        TableLogs.Add(path, $$""","deletionVector":{"storageType":"u","pathOrInlineDv":"{{vector}}","offset":1,"sizeInBytes":1,"cardinality":1}""");
}
