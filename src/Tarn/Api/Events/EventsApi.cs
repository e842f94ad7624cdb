using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Tarn;

/// <summary>Server-sent events (WHATWG HTML, section 9.2).</summary>
internal static class EventsApi
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/events", static (HttpContext http, string? types, EventHub hub, IHostApplicationLifetime lifetime) => StreamAsync(http, types, hub, lifetime.ApplicationStopping))
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream")
            .WithTags("events")
            .WithSummary("What happens, as server-sent events: run, attempt, pipeline, commit, topic, model, endpoint, status; resync after a client fell behind. types=a,b limits the kinds. endpoint also comes where something was counted, at most once a second.");

    private static async Task StreamAsync(HttpContext http, string? types, EventHub hub, CancellationToken stopping)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var wanted = (types ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        using var watcher = hub.Watch(wanted);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        try
        {
            // A first line at once, so that the client knows that it watches.
            await WriteAsync(http, "retry: 2000\n: watching\n\n", end.Token).ConfigureAwait(false);
            while (true)
            {
                var events = await watcher.TakeAsync(Heartbeat, end.Token).ConfigureAwait(false);
                await WriteAsync(http, Format(events), end.Token).ConfigureAwait(false);
                if (events is [{ Type: EventWatcher.Resync }])
                {
                    // What was lost is not sent again: a client that does not know this event starts anew by connecting again.
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The client went away, or the server stops: the stream's ordinary ends.
        }
    }

    private static string Format(IReadOnlyList<ServerEvent> events)
    {
        if (events.Count == 0)
        {
            return ": heartbeat\n\n";
        }

        var text = new StringBuilder();
        foreach (var sent in events)
        {
            text.Append("event: ").Append(sent.Type).Append("\ndata: ").Append(sent.Data).Append("\n\n");
        }

        return text.ToString();
    }

    private static async Task WriteAsync(HttpContext http, string text, CancellationToken cancellation)
    {
        await http.Response.WriteAsync(text, cancellation).ConfigureAwait(false);
        await http.Response.Body.FlushAsync(cancellation).ConfigureAwait(false);
    }
}
