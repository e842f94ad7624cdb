using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Quakes.Catalogue;
using Quakes.Feeds;
using Tarn.Contracts;
using Xunit;

namespace Quakes.Tests;

public sealed class ReplayTests(ITestOutputHelper output)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_recorded_months_end_as_the_straight_reference_says_with_every_version_in_the_history()
    {
        var path = SharedData.Require("usgs/all_day_caribbean_snapshots.jsonl.gz");
        var reference = new StraightReference();
        foreach (var feed in Snapshots(path))
        {
            reference.Snapshot(feed);
        }

        await using var quakes = await QuakesFixture.OpenAsync();
        await using var replay = await ReplayRun.StartAsync(path, quakes.Ingest, TimeProvider.System, NullLoggerFactory.Instance, Cancellation);
        var watch = Stopwatch.StartNew();
        await replay.RunAsync(Cancellation);
        watch.Stop();
        output.WriteLine($"{replay.Snapshots} snapshots, {replay.Changing} of them with changes, {replay.Versions} versions in {watch.Elapsed}: {replay.Snapshots / watch.Elapsed.TotalSeconds:0} a second");

        Assert.Equal(12_000, replay.Snapshots);
        AssertSilver(reference, await quakes.SilverAsync());
        AssertHistory(reference, await quakes.HistoryAsync());
        Assert.Equal(reference.Versions.Count, await quakes.CountAsync("bronze.earthquakes"));
        Assert.Equal(0, await quakes.CountAsync("bronze.earthquakes_quarantine"));
        await quakes.Gold.RefreshAsync(Cancellation);
        await GoldTests.AssertGoldIsWhatSilverSaysAsync(quakes);
    }

    [Fact]
    public async Task The_week_pair_brings_exactly_what_changed()
    {
        var first = SharedData.Require("usgs/feeds/all_week_20210720.geojson");
        var second = SharedData.Require("usgs/feeds/all_week_20210722.geojson");
        var reference = new StraightReference();
        await using var quakes = await QuakesFixture.OpenAsync();
        await PlayAsync(quakes, first, reference);
        var before = (await quakes.SilverAsync()).ToDictionary(static e => e.Id);
        Assert.Equal(3_098, before.Count);
        await PlayAsync(quakes, second, reference);
        var after = await quakes.SilverAsync();
        AssertSilver(reference, after);
        AssertHistory(reference, await quakes.HistoryAsync());

        // Late: it happened before the newest event that the first feed showed, and was not in it.
        var late = before.Values.Max(static e => e.Time);
        Assert.Equal(1_937, after.Count(e => before.ContainsKey(e.Id) && !e.IsDeleted && e.Time >= DateTimeOffset.FromUnixTimeMilliseconds(1_626_986_384_000).AddDays(-7)));
        Assert.Equal(167, after.Count(e => before.TryGetValue(e.Id, out var old) && old.Updated < e.Updated));
        Assert.Equal(7, after.Count(static e => e.IsDeleted));
        Assert.Equal(406, after.Count(e => !before.ContainsKey(e.Id) && e.Time <= late));
        Assert.Equal(1_343, reference.New - 3_098);
    }

    [Fact]
    public async Task Playing_a_part_again_changes_nothing()
    {
        var path = SharedData.Require("usgs/all_day_caribbean_snapshots.jsonl.gz");
        using var folder = new TemporaryDirectory();
        const int count = 500;
        await using var quakes = await QuakesFixture.OpenAsync(folder.Path);
        await using (var replay = await ReplayRun.StartAsync(path, quakes.Ingest, TimeProvider.System, NullLoggerFactory.Instance, Cancellation))
        {
            await replay.RunAsync(Cancellation, count);
            Assert.True(replay.Changing > 10);
        }

        var version = (await quakes.Tables.Silver.Table.SnapshotAsync(cancellationToken: Cancellation)).Version;
        var bronze = await quakes.CountAsync("bronze.earthquakes");

        // A fresh process that remembers nothing but what was committed, from the start and from the middle.
        foreach (var skip in new[] { 0, 240, 400 })
        {
            var ingest = new Ingestion.Ingest(quakes.Tables, quakes.Reader, quakes.Runner);
            await using var again = await ReplayRun.StartAsync(path, ingest, TimeProvider.System, NullLoggerFactory.Instance, Cancellation);
            again.SkipTo(skip);
            await again.RunAsync(Cancellation, count - skip);
            Assert.Equal(0, again.Changing);
        }

        Assert.Equal(version, (await quakes.Tables.Silver.Table.SnapshotAsync(cancellationToken: Cancellation)).Version);
        Assert.Equal(bronze, await quakes.CountAsync("bronze.earthquakes"));
    }

    internal static void AssertSilver(StraightReference reference, IReadOnlyList<Earthquake> silver)
    {
        Assert.Equal(
            reference.Rows.Select(static r => $"{r.Key}|{r.Value.Updated}|{r.Value.VersionTime}|{r.Value.Time}|{r.Value.Mag}|{r.Value.Place}|{r.Value.Deleted}"),
            silver.Select(static e => $"{e.Id}|{e.Updated.ToUnixTimeMilliseconds()}|{e.VersionTime.ToUnixTimeMilliseconds()}|{e.Time.ToUnixTimeMilliseconds()}|{e.Mag}|{e.Place}|{e.IsDeleted}"));
    }

    internal static void AssertHistory(StraightReference reference, IReadOnlyList<HistoryRow> history)
    {
        Assert.Equal(
            reference.Versions.Select(static v => $"{v.Id}|{v.Updated}|{v.VersionTime}|{v.Mag}|{v.Place}|{v.Deleted}").Order(StringComparer.Ordinal),
            history.Select(static h => $"{h.Id}|{h.Updated.ToUnixTimeMilliseconds()}|{h.VersionTime.ToUnixTimeMilliseconds()}|{h.Mag}|{h.Place}|{h.IsDeleted}").Order(StringComparer.Ordinal));
        foreach (var event_ in history.GroupBy(static h => h.Id))
        {
            var versions = event_.OrderBy(static h => (h.Updated, h.VersionTime)).ToList();
            Assert.Equal(versions.Select(static v => v.VersionTime), versions.Select(static v => v.ValidFrom));
            Assert.Equal([.. versions.Skip(1).Select(static v => (DateTimeOffset?)v.ValidFrom), null], versions.Select(static v => v.ValidTo));
        }
    }

    private static async Task PlayAsync(QuakesFixture quakes, string path, StraightReference reference)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        reference.Snapshot(document.RootElement);
        await using var replay = await ReplayRun.StartAsync(path, quakes.Ingest, TimeProvider.System, NullLoggerFactory.Instance, Cancellation, "all_week");
        await replay.RunAsync(Cancellation);
    }

    private static IEnumerable<JsonElement> Snapshots(string path)
    {
        using var lines = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (lines.ReadLine() is { } line)
        {
            using var snapshot = JsonDocument.Parse(line);
            yield return snapshot.RootElement.GetProperty("feed");
        }
    }
}
