using Microsoft.Extensions.DependencyInjection;
using Quakes.Feeds;
using Tarn;

namespace Quakes.Api;

/// <summary>How the system is doing, for the banner and the status.</summary>
internal static class QuakesStatus
{
    public static Task<SystemStatus> ReportAsync(IServiceProvider services, CancellationToken cancellation)
    {
        var feed = services.GetRequiredService<QuakesFeed>();
        var health = services.GetRequiredService<FeedMonitor>().Health;
        var source = feed.Choice.Kind switch
        {
            FeedKind.Simulated => "a simulated feed",
            FeedKind.Replay => $"a replay of {Path.GetFileName(feed.Choice.File)}",
            _ => feed.Url,
        };
        var (state, summary) = health.State switch
        {
            "failing" => (SystemState.Degraded, $"Cannot read {source} at the moment; it is tried again."),
            "ok" => (SystemState.Ok, $"Follows {source}."),
            _ => (SystemState.Ok, $"Will follow {source}."),
        };
        return Task.FromResult(new SystemStatus(state, summary)
        {
            Details = new Dictionary<string, object?>
            {
                ["feed"] = feed.Choice.Kind.ToString().ToLowerInvariant(),
                ["url"] = feed.Url,
                ["state"] = health.State,
                ["lastSuccessAt"] = health.LastSuccessAt?.UtcDateTime.ToString("O"),
                ["lastError"] = health.LastError,
            },
        });
    }
}
