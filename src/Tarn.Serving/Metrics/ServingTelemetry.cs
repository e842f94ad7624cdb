using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;

namespace Tarn.Serving;

/// <summary>
/// Traces of serving, and the one metric of it that only a listener counts. Whoever listens to the source and the meter called <see cref="Name"/> gets them; without a listener they cost next to
/// nothing and allocate nothing.
/// </summary>
public static class ServingTelemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Tarn.Serving";

    /// <summary>The name of <see cref="RequestDuration"/>, by which it is told apart while it is being made.</summary>
    internal const string DurationName = "tarn.serving.request.duration";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    /// <summary>How long endpoints took to answer. The page of metrics has it from <see cref="VariantStats"/>, which counts anyway.</summary>
    internal static readonly Histogram<double> RequestDuration = Meter.CreateHistogram(
        DurationName, "s", "How long an endpoint's variant took to answer.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [.. DurationBuckets.Seconds.Select(static b => b.Value)] });

    /// <summary>Whether anybody listens to traces.</summary>
    internal static bool IsTraced => Source.HasListeners();

    internal static void Record(string endpoint, string variant, TimeSpan took)
    {
        if (RequestDuration.Enabled)
        {
            RequestDuration.Record(took.TotalSeconds, new("endpoint", endpoint), new("variant", variant));
        }
    }

    /// <summary>The spans of a request that was run: reading its inputs, waiting, computing. They are made when it is over, so that one that nobody samples costs nothing before.</summary>
    internal static void Trace(in Chosen chosen, InferenceRequest request, HttpContext http, TimeProvider time)
    {
        var parent = Activity.Current?.Context ?? ParentOf(http);
        var (now, timestamp) = (time.GetUtcNow(), time.GetTimestamp());
        DateTimeOffset At(long moment) => now - time.GetElapsedTime(moment, timestamp);
        if (request.ReadFrom != 0)
        {
            Span("decode", parent, At(request.ReadFrom), At(request.ReadAt), chosen, request)?.Dispose();
        }

        if (request.QueuedAt != 0)
        {
            // What was refused, or waited too long, has no run.
            var left = request.StartedAt == 0 ? timestamp : request.StartedAt;
            using var queue = Span("queue", parent, At(request.QueuedAt), At(left), chosen, request);
            if (request.StartedAt == 0 && request.Failure is { } refused)
            {
                queue?.SetStatus(ActivityStatusCode.Error, refused.Rule);
            }
        }

        if (request.StartedAt != 0)
        {
            using var compute = Span("compute", parent, At(request.StartedAt), At(request.EndedAt), chosen, request);
            compute?.SetTag("tarn.batch.rows", request.BatchRows).SetTag("tarn.cached", request.IsFromCache);
            if (request.Failure is { } failure)
            {
                compute?.SetStatus(ActivityStatusCode.Error, failure.Rule);
            }
        }
    }

    /// <summary>The span of fetching what a URL names; null where nobody listens.</summary>
    internal static Activity? StartFetch() => Source.StartActivity("fetch", ActivityKind.Client);

    internal static void Fetched(Activity? span, FetchedContent content)
    {
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag("server.address", content.Url.Host).SetTag("http.response.body.size", content.Bytes.Length).SetTag("tarn.fetch.redirects", content.Redirects);
        }
    }

    private static Activity? Span(string name, ActivityContext parent, DateTimeOffset from, DateTimeOffset to, in Chosen chosen, InferenceRequest request)
    {
        var span = Source.StartActivity(name, ActivityKind.Internal, parent, startTime: from);
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag("tarn.model.name", chosen.Model.Name).SetTag("tarn.model.version", chosen.Model.Version).SetTag("tarn.rows", request.Rows);
            if (chosen.Endpoint is { } endpoint)
            {
                span.SetTag("tarn.endpoint.name", endpoint.Name).SetTag("tarn.endpoint.variant", chosen.Variant!.Name);
            }
        }

        return span?.SetEndTime(to.UtcDateTime);
    }

    // Where the server's own spans are not listened to, ours belong to the caller's.
    private static ActivityContext ParentOf(HttpContext http)
    {
        var headers = http.Request.Headers;
        return headers.TraceParent.Count == 1 && ActivityContext.TryParse(headers.TraceParent[0], headers.TraceState.Count > 0 ? headers.TraceState.ToString() : null, isRemote: true, out var parent) ? parent : default;
    }
}
