using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quakes.Feeds;
using Quakes.Ingestion;
using Tarn.Core;

namespace Quakes.Api;

/// <summary>The routes under <c>/api/v1/quakes</c>.</summary>
internal static class QuakesApi
{
    public static void Map(RouteGroupBuilder routes)
    {
        routes.MapGet("/events", ([AsParameters] EventFilter filter, EventQueries queries, CancellationToken cancellation) => queries.EventsAsync(filter, cancellation))
            .WithSummary("Events by time, magnitude, type and place; as they are known now, or as they were known at a moment (asKnownAt).");
        routes.MapGet("/events/{id}/versions", VersionsAsync)
            .WithSummary("Every version of an event, with the interval in which it was what one knew.");
        routes.MapGet("/summary", SummaryAsync)
            .WithSummary("Counts per hour, magnitude, type and region.");
        routes.MapGet("/feed", FeedAsync)
            .WithSummary("Where the data comes from, and how the feed is doing.");
    }

    private static async Task<IReadOnlyList<QuakeVersionView>> VersionsAsync(string id, EventQueries queries, CancellationToken cancellation)
    {
        var versions = await queries.VersionsAsync(id, cancellation);
        return versions.Count > 0 ? versions : throw TarnException.NotFound("No event of this id is known.", id, "See /api/v1/quakes/events for those that are.");
    }

    private static Task<SummaryView> SummaryAsync(
        EventQueries queries, QuakesFeed feed, CancellationToken cancellation, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        var until = to ?? feed.Now;
        var start = from ?? until.AddDays(-7);
        return start > until
            ? throw TarnException.InvalidInput("from is not after to.", $"from={start:O}, to={until:O}")
            : queries.SummaryAsync(start, until, cancellation);
    }

    private static async Task<FeedView> FeedAsync(QuakesFeed feed, FeedMonitor monitor, Ingest ingest, CancellationToken cancellation)
    {
        var health = monitor.Health;
        var cursor = await ingest.ProgressAsync(Ingest.Cursor, cancellation);
        return new FeedView(
            feed.Choice.Kind.ToString().ToLowerInvariant(),
            feed.Url,
            health.State,
            health.LastPollAt,
            health.LastSuccessAt,
            health.LastError,
            cursor is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null,
            health.Generated,
            health.Generated is { } generated ? Math.Max(0, (feed.Now - generated).TotalSeconds) : null);
    }
}
