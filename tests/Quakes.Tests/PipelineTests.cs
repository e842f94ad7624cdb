using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Quakes.Feeds;
using Quakes.Ingestion;
using Tarn;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Pipelines;
using Xunit;

namespace Quakes.Tests;

/// <summary>What the pipelines' tasks do against a service that misbehaves.</summary>
public sealed class PipelineTests
{
    private static readonly DateTimeOffset Now = new(2024, 3, 10, 10, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_minibatch_comes_through_busy_failing_and_cut_answers_with_every_event_once()
    {
        var events = Enumerable.Range(0, 90).Select(i => (Id: $"e{i:000}", Time: Now.AddHours(i - 100))).ToList();
        var cuts = 1;
        await using var service = await ScriptedService.StartAsync(async (http, n) =>
        {
            switch (n % 5)
            {
                case 1:
                    http.Response.Headers.RetryAfter = "0";
                    http.Response.StatusCode = 429;
                    return;
                case 3:
                    http.Response.StatusCode = 503;
                    return;
                default:
                    await AnswerAsync(http, events, cut: http.Request.Path.StartsWithSegments("/fdsnws") && Interlocked.Exchange(ref cuts, 0) == 1);
                    return;
            }
        });
        await using var quakes = await QuakesFixture.OpenAsync();
        await using var tasks = await TasksAsync(quakes, service.Url);
        await Assert.ThrowsAsync<TarnException>(() => tasks.Value.FetchChangesAsync(Run(Now)));
        Assert.Equal(0, await quakes.CountAsync("bronze.earthquakes"));
        Assert.Equal("failing", tasks.Monitor.Health.State);

        // The next attempts get through. Paged by 20 under a limit of 40, so the window is split.
        var run = Run(Now);
        await tasks.Value.FetchChangesAsync(run);
        await tasks.Value.MergeAsync(run);
        await tasks.Value.CountAsync(run);
        Assert.Equal(90, await quakes.CountAsync("silver.earthquakes"));
        Assert.Equal(90, await quakes.CountAsync("bronze.earthquakes"));
        Assert.Equal(90, run.Reported["new"].GetInt32());
        Assert.Equal("ok", tasks.Monitor.Health.State);
        await GoldTests.AssertGoldIsWhatSilverSaysAsync(quakes);

        // A week later, and the same again in any order: what is new arrives, and the tables stay.
        events.Add(("late", Now.AddDays(-20)));
        foreach (var at in new[] { Now.AddDays(7), Now.AddDays(-3), Now })
        {
            var again = Run(at);
            await tasks.Value.FetchChangesAsync(again);
            await tasks.Value.MergeAsync(again);
        }

        Assert.Equal(91, await quakes.CountAsync("silver.earthquakes"));
        Assert.Equal(91, await quakes.CountAsync("bronze.earthquakes"));
    }

    [Theory]
    [InlineData("2024-03-10T23:50:00Z", "all_week")]
    [InlineData("2024-03-11T23:50:00Z", "all_day")]
    public async Task The_daily_run_reads_the_week_on_sundays(string at, string feed)
    {
        await using var service = await ScriptedService.StartAsync(static (http, _) => AnswerAsync(http, [("a", Now)], cut: false));
        await using var quakes = await QuakesFixture.OpenAsync();
        await using var tasks = await TasksAsync(quakes, service.Url);
        await tasks.Value.FetchDayAsync(Run(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.FromDays(1)));
        Assert.Contains($"/summary/{feed}.geojson", service.Requests[0], StringComparison.Ordinal);
    }

    private static async Task AnswerAsync(HttpContext http, List<(string Id, DateTimeOffset Time)> events, bool cut)
    {
        var query = http.Request.Query;
        DateTimeOffset? At(string name) => query.ContainsKey(name) ? DateTimeOffset.Parse(query[name]! + "Z", System.Globalization.CultureInfo.InvariantCulture) : null;
        var matching = events.Where(e => e.Time >= (At("starttime") ?? DateTimeOffset.MinValue) && e.Time <= (At("endtime") ?? DateTimeOffset.MaxValue)).OrderBy(static e => e.Time).ToList();
        if (http.Request.Path.Value!.EndsWith("count", StringComparison.Ordinal))
        {
            await http.Response.WriteAsync($"{matching.Count}");
            return;
        }

        var page = query.ContainsKey("limit")
            ? matching.Skip(int.Parse(query["offset"]!, System.Globalization.CultureInfo.InvariantCulture) - 1).Take(int.Parse(query["limit"]!, System.Globalization.CultureInfo.InvariantCulture))
            : matching;
        var body = Payload.Document(Now.ToUnixTimeMilliseconds(), null, page.Select(static e => Payload.Feature(e.Id, e.Time.ToUnixTimeMilliseconds(), e.Time.AddMinutes(3).ToUnixTimeMilliseconds())));
        await http.Response.Body.WriteAsync(cut ? body[..(body.Length / 2)] : body);
    }

    private static async Task<OpenTasks> TasksAsync(QuakesFixture quakes, string url)
    {
        var folder = new TemporaryDirectory();
        var metadata = MetadataStore.Open(folder.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance);
        var time = new ManualTime(Now);
        var options = new QuakesOptions { Feed = "live", FeedUrl = url, PageSize = 20, WindowLimit = 40 };
        var feed = new QuakesFeed(options, metadata, time, NullLoggerFactory.Instance);
        await feed.MarkAsync(Cancellation);
        var monitor = new FeedMonitor(time, new Notices(time));
        return new OpenTasks(new EarthquakeTasks(options, feed, monitor, quakes.Ingest, quakes.Gold), monitor, feed, metadata, folder);
    }

    private static TaskContext Run(DateTimeOffset at, TimeSpan? length = null) => new()
    {
        Pipeline = "test",
        RunId = "r",
        Task = "t",
        Attempt = 1,
        LogicalDate = at,
        DataInterval = new DataInterval(at - (length ?? TimeSpan.FromMinutes(5)), at),
        Trigger = RunTrigger.Manual,
        Log = NullLogger.Instance,
        CancellationToken = Cancellation,
    };

    private sealed record OpenTasks(EarthquakeTasks Value, FeedMonitor Monitor, QuakesFeed Feed, MetadataStore Metadata, TemporaryDirectory Folder) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Feed.DisposeAsync();
            await Metadata.DisposeAsync();
            Folder.Dispose();
        }
    }
}
