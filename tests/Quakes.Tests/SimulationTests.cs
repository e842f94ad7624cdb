using Microsoft.Extensions.Logging.Abstractions;
using Quakes.Feeds;
using Quakes.Feeds.Simulation;
using Quakes.Usgs;
using Tarn.Core;
using Xunit;

namespace Quakes.Tests;

public sealed class SimulationTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Magnitudes_follow_Gutenberg_and_Richter()
    {
        // Aki's estimate with Utsu's correction for continuous values: b = log10(e) / (mean - Mc), standard error b / sqrt(n).
        foreach (var net in new[] { "nc", "ak", "us" })
        {
            var above = Shocks(60).Where(s => s.Zone.Net == net && !s.IsBlast).Select(static s => s.Magnitude - s.Zone.Completeness).ToList();
            var b = Math.Log10(Math.E) / above.Average();
            Assert.True(above.Count > 800, $"{net} has {above.Count} events");
            Assert.InRange(b, 1 - (4 / Math.Sqrt(above.Count)), 1 + (4 / Math.Sqrt(above.Count)));
        }
    }

    [Fact]
    public void Aftershocks_decay_as_Omori_and_Utsu_say()
    {
        var delays = Shocks(120).Where(static s => s.Parent is not null).Select(static s => (s.Time - s.Parent!.Time).TotalDays).ToList();
        Assert.True(delays.Count > 2_000, $"{delays.Count} aftershocks");
        // The rate per day in bins of a factor of three, well past c: its slope in log-log is -p.
        var points = new List<(double X, double Y)>();
        for (var from = 0.1; from < 9; from *= 3)
        {
            var count = delays.Count(d => d >= from && d < from * 3);
            points.Add((Math.Log10(from * Math.Sqrt(3) + ShockModel.C), Math.Log10(count / (from * 2))));
        }

        var (mx, my) = (points.Average(static p => p.X), points.Average(static p => p.Y));
        var slope = points.Sum(p => (p.X - mx) * (p.Y - my)) / points.Sum(p => (p.X - mx) * (p.X - mx));
        Assert.InRange(-slope, ShockModel.P - 0.2, ShockModel.P + 0.2);
    }

    [Fact]
    public void A_month_is_about_as_large_as_the_real_ones_and_stays_below_criticality()
    {
        var feed = Feed(Now, new SimulationOptions { Seed = 4 });
        var month = feed.Catalogue();
        Assert.InRange(month.Count, 6_000, 25_000);
        Assert.Contains(month, static f => f.Mag >= 5);
        Assert.Contains(month, static f => f.IsDeleted);
        Assert.True(Shocks(60).Count(static s => s.Parent is not null) < Shocks(60).Count / 2.0);
    }

    [Fact]
    public void The_same_seed_and_time_give_the_same_bytes_and_another_seed_others()
    {
        byte[] Bytes(int seed)
        {
            var feed = Feed(Now, new SimulationOptions { Seed = seed });
            return GeoJson.Write(Now, "u", "t", feed.Catalogue()).ToArray();
        }

        var first = Bytes(7);
        Assert.Equal(first, Bytes(7));
        Assert.NotEqual(first, Bytes(8));
    }

    [Fact]
    public void What_was_said_does_not_depend_on_when_the_simulation_was_started()
    {
        var time = new ManualTime(Now);
        var old = new SimulatedFeed(Calm(3), FeedClock.StartingAt(time, Now.AddDays(-9), 1));
        old.Catalogue();
        time.Advance(TimeSpan.FromDays(9));
        var young = new SimulatedFeed(Calm(3), FeedClock.StartingAt(time, Now, 1));
        string[] Texts(SimulatedFeed feed) => [.. feed.Catalogue().Select(static f => System.Text.Encoding.UTF8.GetString(f.Json().Span)).Order(StringComparer.Ordinal)];
        Assert.Equal(Texts(young), Texts(old));
    }

    [Fact]
    public void Events_are_revised_withdrawn_late_doubled_and_malformed()
    {
        var options = new SimulationOptions { Seed = 5, Faults = 0 };
        var reporting = new Reporting(options);
        var reports = Shocks(40).SelectMany(reporting.Of).ToList();
        Assert.Contains(reports, static r => r.Revisions.Count >= 3);
        Assert.Contains(reports, static r => r.DeletedAt is not null);
        Assert.Contains(reports, static r => r.VanishedAt is not null && r.OtherId is null);
        Assert.Contains(reports, static r => r.OtherId is not null);
        Assert.Contains(reports, static r => r.Copies == 2);
        Assert.Contains(reports, static r => r.Revisions[0].Flaw != Flaw.None);
        Assert.Contains(reports, static r => r.Revisions[0].Updated - r.Shock.Time > TimeSpan.FromHours(12));
        Assert.Contains(reports, static r => r.Revisions[^1].Felt > 10);
        Assert.All(reports, static r => Assert.True(r.Revisions.Zip(r.Revisions.Skip(1)).All(static p => p.First.Updated < p.Second.Updated)));
        Assert.Equal(reports.Count, reports.Select(static r => r.Id).Distinct().Count());
    }

    [Fact]
    public async Task Serves_the_services_of_the_USGS()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var source = Feed(Now, Calm(1) with { Malformed = 0 });
        await using var server = await FeedServer.StartAsync(source, TimeProvider.System, cancellation, limit: 3_000);
        using var client = new UsgsClient(new UsgsOptions { FeedUrl = server.Url, PageSize = 1_000, WindowLimit = 3_000 }, new ManualTime(Now), NullLogger<UsgsClient>.Instance);
        var day = await client.GetSummaryAsync("all_day", cancellation);
        Assert.NotEmpty(day!.Document.Features);
        Assert.Empty(day.Document.Rejected);
        client.Keep(day);
        Assert.Null(await client.GetSummaryAsync("all_day", cancellation));
        var all = await client.QueryAsync(new FdsnQuery(Now.AddDays(-31), null, null), cancellation);
        var expected = source.Catalogue().Select(static f => f.Id).Order(StringComparer.Ordinal);
        Assert.Equal(expected, all.SelectMany(static p => p.Document.Features).Select(static f => f.Event.Id).Distinct().Order(StringComparer.Ordinal));
        using var http = new HttpClient();
        using var refused = await http.GetAsync(server.Url + "/fdsnws/event/1/query?format=geojson&starttime=never", cancellation);
        Assert.Equal(400, (int)refused.StatusCode);
        using var tooMany = await http.GetAsync(server.Url + "/fdsnws/event/1/query?format=geojson", cancellation);
        Assert.Contains("exceeds search limit of 3000", await tooMany.Content.ReadAsStringAsync(cancellation), StringComparison.Ordinal);
        using var packed = new HttpRequestMessage(HttpMethod.Get, server.Url + "/earthquakes/feed/v1.0/summary/all_day.geojson");
        packed.Headers.AcceptEncoding.ParseAdd("gzip");
        using var answer = await http.SendAsync(packed, cancellation);
        Assert.Equal("gzip", Assert.Single(answer.Content.Headers.ContentEncoding));
    }

    [Fact]
    public async Task Faults_come_as_often_as_asked_and_the_client_gets_through()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var source = Feed(Now, new SimulationOptions { Seed = 2, Faults = 0.4, OutagesPerDay = 0, Activity = 0.05 });
        await using var server = await FeedServer.StartAsync(source, new ManualTime(Now), cancellation);
        using var client = new UsgsClient(new UsgsOptions { FeedUrl = server.Url, Attempts = 10 }, new ManualTime(Now), NullLogger<UsgsClient>.Instance);
        var (good, bad) = (0, 0);
        for (var i = 0; i < 100; i++)
        {
            try
            {
                await client.GetSummaryAsync("all_hour", cancellation);
                good++;
            }
            catch (TarnException)
            {
                // Cut off, or no JSON: a failed attempt, not retried here.
                bad++;
            }
        }

        Assert.InRange(bad, 1, 40);
        Assert.Equal(100, good + bad);
    }

    [Fact]
    public void Recordings_play_by_step_and_by_clock()
    {
        using var folder = new Tarn.Contracts.TemporaryDirectory();
        var path = folder.Combine("three.jsonl");
        string Line(int minute) => $$"""{"commit":"c","committed_at":"2026-03-01T12:{{minute:00}}:00Z","feed":{{System.Text.Encoding.UTF8.GetString(Payload.Document(Now.AddMinutes(minute).ToUnixTimeMilliseconds(), "all_day", Payload.Feature($"e{minute}", 1, 2)).Span)}}}""";
        File.WriteAllLines(path, [Line(0), Line(10), Line(20)]);
        using var stepped = RecordedFeed.Open(path, new ManualTime(Now), speedUp: null);
        Assert.Equal(Now, stepped.Now);
        Assert.True(stepped.Advance());
        Assert.True(stepped.Advance());
        Assert.False(stepped.Advance());
        Assert.Equal(3, stepped.Catalogue().Count);
        var time = new ManualTime(Now.AddYears(5));
        using var played = RecordedFeed.Open(path, time, speedUp: 60);
        Assert.Contains("e0", System.Text.Encoding.UTF8.GetString(played.Recorded("all_day")!.Body.Span), StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Contains("e10", System.Text.Encoding.UTF8.GetString(played.Recorded("all_day")!.Body.Span), StringComparison.Ordinal);
        Assert.Equal(Now.AddMinutes(11), played.Now);
        Assert.Throws<TarnException>(() => RecordedFeed.Open(folder.Combine("absent.jsonl"), time, null));
    }

    private static List<Shock> Shocks(int days)
    {
        var model = new ShockModel(new SimulationOptions { Seed = 11 });
        return [.. Enumerable.Range(0, days).SelectMany(d => model.Family(new DateOnly(2026, 1, 1).AddDays(d)))];
    }

    private static SimulationOptions Calm(int seed) => new() { Seed = seed, Faults = 0 };

    private static SimulatedFeed Feed(DateTimeOffset now, SimulationOptions options) => new(options, FeedClock.StartingAt(new ManualTime(now), now, 1));
}
