using System.Text.Json.Nodes;
using Quakes.Catalogue;
using Quakes.Ingestion;
using Quakes.Usgs;
using Tarn.Lake;
using Xunit;

namespace Quakes.Tests;

public sealed class IngestTests
{
    private static readonly DateTimeOffset Now = new(2024, 3, 8, 10, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_vanished_is_a_tombstone_and_what_is_shown_again_comes_back()
    {
        await using var quakes = await QuakesFixture.OpenAsync();
        await SeeAsync(quakes, 0, "all_day", Feature("a"), Feature("b"));
        await SeeAsync(quakes, 1, "all_day", Feature("a"));
        var gone = (await quakes.SilverAsync())[1];
        Assert.True(gone.IsDeleted);
        Assert.Equal((Ms(-60), Ms(1), "automatic"), (gone.Updated.ToUnixTimeMilliseconds(), gone.VersionTime.ToUnixTimeMilliseconds(), gone.Status));
        await SeeAsync(quakes, 2, "all_day", Feature("a"), Feature("b"));
        Assert.False((await quakes.SilverAsync())[1].IsDeleted);
        Assert.Equal([false, true, false], (await quakes.HistoryAsync()).Where(static h => h.Id == "b").Select(static h => h.IsDeleted));
        Assert.Null((await quakes.Reader.ReadAsync<EarthquakeReceived>("SELECT * FROM bronze.earthquakes WHERE is_deleted", Cancellation))[0].Raw);
    }

    [Fact]
    public async Task A_feed_whose_clock_goes_back_withdraws_nothing()
    {
        await using var quakes = await QuakesFixture.OpenAsync();
        await SeeAsync(quakes, 10, "all_day", Feature("a"), Feature("b"));
        await SeeAsync(quakes, 5, "all_day", Feature("a"));
        await SeeAsync(quakes, 10, "all_day", Feature("a"));
        Assert.DoesNotContain(await quakes.SilverAsync(), static e => e.IsDeleted);

        // Nor after a restart, and nor does another process's memory matter.
        await SeeAsync(quakes, 12, "all_day", Feature("a"), Feature("b", mag: 2.5));
        var restarted = new Ingest(quakes.Tables, quakes.Reader, quakes.Runner);
        await restarted.ReceiveSummaryAsync(Page(11, "all_day", Feature("a")), "all_day", Cancellation);
        await restarted.DrainAsync(Cancellation);
        Assert.DoesNotContain(await quakes.SilverAsync(), static e => e.IsDeleted);
    }

    [Fact]
    public async Task The_hourly_feed_in_the_daily_file_withdraws_only_what_is_of_its_hour()
    {
        await using var quakes = await QuakesFixture.OpenAsync();
        await SeeAsync(quakes, 0, "all_day", Feature("old", minutes: -300), Feature("young", minutes: -20));
        var page = Page(1, "all_hour");
        await quakes.Ingest.ReceiveSummaryAsync(page, "all_day", Cancellation);
        await quakes.Ingest.DrainAsync(Cancellation);
        Assert.Equal([("old", false), ("young", true)], (await quakes.SilverAsync()).Select(static e => (e.Id, e.IsDeleted)));
    }

    [Fact]
    public async Task A_feed_of_some_magnitudes_withdraws_nothing_and_a_malformed_feature_is_still_shown()
    {
        await using var quakes = await QuakesFixture.OpenAsync();
        await SeeAsync(quakes, 0, "all_day", Feature("a"), Feature("b"));
        await SeeAsync(quakes, 1, "4.5_day");
        var broken = Feature("b");
        broken["properties"]!["mag"] = "abc";
        for (var poll = 2; poll < 5; poll++)
        {
            await SeeAsync(quakes, poll, "all_day", Feature("a"), broken);
        }

        Assert.DoesNotContain(await quakes.SilverAsync(), static e => e.IsDeleted);
        var kept = Assert.Single(await quakes.Reader.ReadAsync<EarthquakeQuarantined>("SELECT * FROM bronze.earthquakes_quarantine", Cancellation));
        Assert.Equal("b", kept.FeatureId);
        Assert.Contains("mag", kept.Reason, StringComparison.Ordinal);
        Assert.Contains("abc", kept.Raw, StringComparison.Ordinal);
        Assert.NotNull(kept.SourceUrl);
    }

    [Fact]
    public async Task A_deletion_keeps_the_values_that_it_withdraws()
    {
        await using var quakes = await QuakesFixture.OpenAsync();
        await ChangesAsync(quakes, 0, Feature("a", mag: 3.25));
        var deletion = Payload.Feature("a", Ms(-60), Ms(5), mag: null, status: "DELETED");
        deletion["geometry"] = null;
        deletion["properties"]!["time"] = null;
        deletion["properties"]!["place"] = null;
        var unknown = Payload.Feature("unknown", 0, Ms(5), status: "deleted");
        unknown["properties"]!["time"] = null;
        for (var again = 6; again < 9; again++)
        {
            await ChangesAsync(quakes, again, deletion, unknown);
        }

        var row = Assert.Single(await quakes.SilverAsync());
        Assert.True(row.IsDeleted);
        Assert.Equal((3.25, "5 km N of Nowhere", -120.5, "deleted", Ms(-60)), (row.Mag, row.Place, row.Longitude, row.Status, row.Time.ToUnixTimeMilliseconds()));
        Assert.Equal(2, (await quakes.HistoryAsync()).Count);
        Assert.Equal(1, await quakes.CountAsync("bronze.earthquakes_quarantine"));

        // Shown again by a feed that is older than the deletion: history has it, silver stays.
        await SeeAsync(quakes, 4, "all_day", Feature("a", mag: 3.25));
        Assert.True((await quakes.SilverAsync())[0].IsDeleted);
        Assert.Equal(2, (await quakes.HistoryAsync()).Count);
    }

    [Fact]
    public async Task The_cursor_is_in_the_commit_and_follows_what_was_received()
    {
        await using var quakes = await QuakesFixture.OpenAsync();
        await ChangesAsync(quakes, 10, Feature("a"));
        Assert.Equal(Ms(-60), await quakes.Ingest.ProgressAsync(Ingest.Cursor, Cancellation));
        await ChangesAsync(quakes, 10, Payload.Feature("b", Ms(-5), Ms(1_000_000)));
        Assert.Equal(Ms(10), await quakes.Ingest.ProgressAsync(Ingest.Cursor, Cancellation));
        var versions = (await quakes.Tables.Silver.Table.SnapshotAsync(cancellationToken: Cancellation)).Version;
        await ChangesAsync(quakes, 11, Feature("a"));
        Assert.Equal(Ms(10), await quakes.Ingest.ProgressAsync(Ingest.Cursor, Cancellation));
        Assert.Equal(versions, (await quakes.Tables.Silver.Table.SnapshotAsync(cancellationToken: Cancellation)).Version);
    }

    [Fact]
    public async Task What_a_crash_left_in_the_topic_is_taken_up()
    {
        await using var quakes = await QuakesFixture.OpenAsync();
        await quakes.Ingest.ReceiveChangesAsync([Page(10, null, Feature("a"), Feature("b"))], null, Cancellation);
        var restarted = new Ingest(quakes.Tables, quakes.Reader, quakes.Runner);
        Assert.Null(await restarted.ProgressAsync(Ingest.Cursor, Cancellation));
        Assert.Equal(2, (await restarted.DrainAsync(Cancellation)).Records);
        Assert.Equal(Ms(-60), await restarted.ProgressAsync(Ingest.Cursor, Cancellation));
        Assert.Equal(0, (await restarted.ReceiveChangesAsync([Page(10, null, Feature("a"), Feature("b"))], Ms(-60), Cancellation)).Produced);
        Assert.Equal(2, await quakes.CountAsync("bronze.earthquakes"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Any_order_of_arrival_gives_the_same_silver_and_history(int seed)
    {
        var random = new Random(seed);
        var versions = Enumerable.Range(0, 60).Select(i => Version($"e{random.Next(6)}", random.Next(8), random.Next(4), i, random)).ToList();
        var results = new List<string>();
        for (var order = 0; order < 3; order++)
        {
            await using var quakes = await QuakesFixture.OpenAsync();
            var shuffled = versions.OrderBy(_ => random.Next()).ToList();
            for (var start = 0; start < shuffled.Count;)
            {
                var part = shuffled.Skip(start).Take(random.Next(1, 25)).ToList();
                await quakes.Tables.Topic.ProduceAsync(part, cancellation: Cancellation);
                await quakes.Ingest.DrainAsync(Cancellation);
                start += part.Count;
            }

            results.Add(string.Join('\n', await quakes.SilverAsync()) + "\n--\n" + string.Join('\n', (await quakes.HistoryAsync()).Select(static h => h.ToString()).Order(StringComparer.Ordinal)));
        }

        Assert.Single(results.Distinct());
    }

    private static EarthquakeVersion Version(string id, int updated, int later, int content, Random random)
    {
        var row = new Earthquake
        {
            Id = id,
            Time = Now.AddDays(random.Next(-40, 0)),
            Updated = Now.AddMinutes(updated),
            VersionTime = Now.AddMinutes(updated + later),
            Mag = content / 10.0,
            IsDeleted = random.Next(5) == 0,
        };
        return EarthquakeVersion.Of(row, Now, "test", Now, null);
    }

    private static async Task SeeAsync(QuakesFixture quakes, int generated, string feed, params JsonObject[] features)
    {
        await quakes.Ingest.ReceiveSummaryAsync(Page(generated, feed, features), feed, Cancellation);
        await quakes.Ingest.DrainAsync(Cancellation);
    }

    private static async Task ChangesAsync(QuakesFixture quakes, int generated, params JsonObject[] features)
    {
        await quakes.Ingest.ReceiveChangesAsync([Page(generated, null, features)], await quakes.Ingest.ProgressAsync(Ingest.Cursor, Cancellation), Cancellation);
        await quakes.Ingest.DrainAsync(Cancellation);
    }

    private static FeedPage Page(int generated, string? feed, params JsonObject[] features) =>
        new("http://feed/page", Now, FeedParser.Parse(Payload.Document(Ms(generated), feed, features), "test"), Validators.None);

    private static JsonObject Feature(string id, int minutes = -60, double mag = 1.5) => Payload.Feature(id, Ms(minutes), Ms(mag > 2 ? 0 : -60), mag);

    private static long Ms(int minutes) => Now.AddMinutes(minutes).ToUnixTimeMilliseconds();
}
