using Quakes.Feeds;
using Quakes.Feeds.Simulation;
using Tarn.Contracts;

namespace Tarn.Simulation;

/// <summary>Writes a recording of the simulated feed: its <c>all_day</c> summary every twenty minutes, a line each.</summary>
internal static class Recording
{
    public static async Task WriteAsync(string path, int snapshots, int seed, CancellationToken cancellation)
    {
        var time = new ManualTimeProvider(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
        var options = new SimulationOptions { Seed = seed, Faults = 0, OutagesPerDay = 0, Withdrawn = 0.1, Malformed = 0.02, Late = 0.1, Activity = 0.5 };
        var source = new SimulatedFeed(options, FeedClock.StartingAt(time, time.GetUtcNow(), 1));
        await using var server = await FeedServer.StartAsync(source, time, cancellation);
        using var http = new HttpClient { BaseAddress = new Uri(server.Url) };
        await using var lines = new StreamWriter(path);
        for (var i = 0; i < snapshots; i++)
        {
            var feed = await http.GetStringAsync(new Uri("/earthquakes/feed/v1.0/summary/all_day.geojson", UriKind.Relative), cancellation);
            await lines.WriteLineAsync($$"""{"committed_at":"{{time.GetUtcNow():o}}","feed":{{feed}}}""");
            time.Advance(TimeSpan.FromMinutes(20));
        }
    }
}
