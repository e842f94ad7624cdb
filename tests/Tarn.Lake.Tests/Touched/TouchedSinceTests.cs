using System.Text.Json.Nodes;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>What others' commits touched, as far as it can be known, and what is gone.</summary>
public sealed class TouchedSinceTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Fact]
    public async Task Other_writers_commits_are_told_by_their_files_statistics()
    {
        _lakes.BreaksLogs = true;
        var schema = RawTable.Struct(RawTable.Field("id", "long"), RawTable.Field("time", "timestamp"));
        var table = new RawTable(_lakes.Root, "silver.foreign").Schema(schema)
            .Add("SELECT 1 AS id", stats: Stats(2, "2026-11-22T08:00:00.000Z", "2026-11-22T08:10:00.000Z", 0))
            .Add("SELECT 2 AS id", stats: Stats(3, "2026-11-22T09:00:00.000+01:00", "2026-11-22T09:00:30.000+01:00", 1))
            .Add("SELECT 3 AS id", stats: """{"numRecords":4,"minValues":{"id":1},"maxValues":{"id":2},"nullCount":{"id":0}}""")
            .Commit(Node("""{"remove":{"path":"part-00000.parquet","dataChange":true,"deletionTimestamp":1}}"""), Node("""{"txn":{"appId":"spark","version":3}}"""))
            .Commit(Node("""{"remove":{"path":"part-00001.parquet","dataChange":false,"deletionTimestamp":1}}"""))
            .Commit(Node("""{"add":{"path":"x.parquet","partitionValues":{},"size":1,"modificationTime":0,"dataChange":true,"stats":"not JSON"}}"""))
            .Commit(Node("""{"commitInfo":{"timestamp":1790000000000,"operation":"WRITE","tarn.touched":{"column":"time","spans":7}}}"""), Node($$$"""{"add":{"path":"y.parquet","partitionValues":{},"size":1,"modificationTime":0,"dataChange":true,"stats":{{{JsonValue.Create(Stats(1, null, null, 1)).ToJsonString()}}}}}"""));
        Assert.NotNull(table);
        var lake = _lakes.Open();
        var unnamed = await lake.TouchedSinceAsync("silver.foreign", -1, 100, Cancel);
        Assert.Equal([false, true, true, true, true, false, true, true], unnamed.Select(static c => c.IsUnknown));
        await lake.Table("silver.foreign").SetPropertiesAsync(new Dictionary<string, string?> { ["tarn.eventTime"] = "time" }, Cancel);
        var commits = await lake.TouchedSinceAsync("silver.foreign", -1, 100, Cancel);
        Assert.Equal(
            [
                "nothing", "08:00-08:11 coarse", "08:00-08:01 nulls coarse", "unknown", "08:00-08:11 coarse", "nothing", "unknown", " nulls coarse", "nothing",
            ],
            commits.Select(static c => Text(c.Touched)));
        Assert.Equal(["spark"], commits[4].Applications);
        Assert.Equal(("WRITE", DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000)), (commits[7].Operation, commits[7].Timestamp));
    }

    [Fact]
    public async Task Commits_that_were_cleaned_away_are_one_entry_that_says_so()
    {
        var properties = new Dictionary<string, string> { ["delta.logRetentionDuration"] = "interval 10 days", ["delta.enableExpiredLogCleanup"] = "false", ["delta.checkpointInterval"] = "4" };
        var table = await _lakes.Open(new LakeOptions { OptimizeAbove = 0 }).EnsureTableAsync(
            TableDefinition.Of<TouchedTests.Reading>("silver.readings", static r => r.Time) with { Properties = properties }, Cancel);
        var times = new List<DateTimeOffset> { _lakes.Time.GetUtcNow() };
        for (var i = 1; i <= 30; i++)
        {
            _lakes.Time.Advance(TimeSpan.FromDays(1));
            await table.AppendAsync<TouchedTests.Reading>([new(1, TouchedTests.At("08:00").AddMinutes(i), i)], null, Cancel);
            times.Add(_lakes.Time.GetUtcNow());
            await _lakes.IdleAsync();
        }

        _lakes.BreaksLogs = true;
        foreach (var file in Directory.GetFiles(Path.Combine(_lakes.Root, "silver/readings/_delta_log"), "0*"))
        {
            File.SetLastWriteTimeUtc(file, times[int.Parse(Path.GetFileName(file)[..20], System.Globalization.CultureInfo.InvariantCulture)].UtcDateTime);
        }

        await table.CleanLogAsync(dryRun: false, Cancel);
        var lake = _lakes.Open();
        var commits = await lake.TouchedSinceAsync("silver.readings", 3, 5, Cancel);
        Assert.Equal((true, true, 4, 15), (commits[0].IsGone, commits[0].IsUnknown, commits[0].FirstVersion, commits[0].Version));
        Assert.Equal([15, 16, 17, 18, 19], commits.Select(static c => c.Version));
        Assert.All(commits.Skip(1), static c => Assert.False(c.IsGone || c.IsUnknown || c.FirstVersion != c.Version));
        Assert.Equal(times[16], commits[1].Timestamp);
        Assert.Equal(11, (await lake.TouchedSinceAsync("silver.readings", commits[^1].Version, 100, Cancel)).Count);
    }

    [Fact]
    public async Task What_cannot_be_asked_is_refused()
    {
        var lake = _lakes.Open();
        var table = await lake.EnsureTableAsync(TableDefinition.Of<TouchedTests.Reading>("silver.readings"), Cancel);
        Assert.Empty(await lake.TouchedSinceAsync(table.Name, 0, 10, Cancel));
        Assert.True(Assert.Single(await lake.TouchedSinceAsync(table.Name, -1, 10, Cancel)).Touched!.IsNothing);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => lake.TouchedSinceAsync(table.Name, 1, 10, Cancel))).Kind);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => lake.TouchedSinceAsync("silver.none", -1, 10, Cancel))).Kind);
        Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(() => lake.TouchedSinceAsync(table.Name, -1, 0, Cancel))).Kind);
    }

    private static string Text(TouchedTimes? touched) => touched is null ? "unknown" : touched.IsNothing ? "nothing"
        : $"{string.Join(' ', touched.Spans.Select(static s => $"{s.Start:HH:mm}-{s.End:HH:mm}"))}{(touched.HasNulls ? " nulls" : "")}{(touched.IsCoarse ? " coarse" : "")}";

    private static JsonObject Node(string json) => JsonNode.Parse(json)!.AsObject();

    private static string Stats(int rows, string? least, string? greatest, int nulls) => least is null
        ? $$$"""{"numRecords":{{{rows}}},"minValues":{},"maxValues":{},"nullCount":{"id":0,"time":{{{nulls}}}}}"""
        : $$$"""{"numRecords":{{{rows}}},"minValues":{"id":1,"time":"{{{least}}}"},"maxValues":{"id":2,"time":"{{{greatest}}}"},"nullCount":{"id":0,"time":{{{nulls}}}}}""";
}
