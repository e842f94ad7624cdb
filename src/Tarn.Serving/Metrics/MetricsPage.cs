using Microsoft.AspNetCore.Http;

namespace Tarn.Serving;

/// <summary>
/// All metrics of the program as one page, in Prometheus's text format 0.0.4 or in OpenMetrics 1.0, as the request's <c>Accept</c> asks: those of models under the names of Triton and of TensorFlow
/// Serving, those of endpoints, and what the web server, the runtime and Tarn's own parts measure, under the names of OpenTelemetry's conventions.
/// </summary>
public sealed class MetricsPage
{
    private readonly ModelServer _models;
    private readonly ServedRequests _requests;
    private readonly EndpointStats? _endpoints;
    private readonly HostMeters _host;

    internal MetricsPage(ModelServer models, ServedRequests requests, EndpointStats? endpoints, HostMeters host) => (_models, _requests, _endpoints, _host) = (models, requests, endpoints, host);

    /// <summary>Answers a request with the page.</summary>
    /// <param name="http">The request.</param>
    public Task SendAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        var format = MetricsFormats.Choose(http.Request.Headers.Accept);
        using var page = PooledBuffer.Rent();
        Write(page, format);
        http.Response.Headers.ContentType = MetricsFormats.TypeOf(format);
        http.Response.Headers.Append("Vary", "Accept");
        http.Response.Headers.CacheControl = "no-store";
        return HttpAnswer.Send(http, page);
    }

    internal void Write(PooledBuffer page, MetricsFormat format)
    {
        var to = new MetricsWriter(page, format);
        IReadOnlyList<LoadedModel> loaded = [.. _models.Table.All.SelectMany(static m => m.Loaded)];
        TritonMetrics.Write(to, loaded, _models.Time);
        ModelRequests.Write(to, _requests.Models);
        WriteModels(to, loaded);
        WriteEndpoints(to, _endpoints?.All ?? []);
        _host.Write(to);
        to.End();
    }

    private static void WriteModels(MetricsWriter to, IReadOnlyList<LoadedModel> models)
    {
        to.Family("tarn_serving_model_queue_duration_seconds", MetricKind.Histogram, "How long requests waited for a run of the model.", "seconds");
        foreach (var model in models)
        {
            model.Stats.Queued.Write(to, new("model", model.Name), new("version", model.VersionText));
        }

        to.Family("tarn_serving_model_compute_duration_seconds", MetricKind.Histogram, "How long runs of the model took, once for each request.", "seconds");
        foreach (var model in models)
        {
            model.Stats.Computed.Write(to, new("model", model.Name), new("version", model.VersionText));
        }
    }

    private static void WriteEndpoints(MetricsWriter to, IReadOnlyList<(string Endpoint, string Variant, VariantStats Stats)> variants)
    {
        to.Family("tarn_serving_request_duration_seconds", MetricKind.Histogram, "How long an endpoint's variant, or a shadow, took to answer.", "seconds");
        var counts = new long[DurationBuckets.Seconds.Length + 1];
        foreach (var (endpoint, variant, stats) in variants)
        {
            var latency = stats.ReadLatency();
            var before = 0L;
            for (var i = 0; i < DurationBuckets.Seconds.Length; i++)
            {
                var until = latency.Total - latency.CountOver((long)(DurationBuckets.Seconds[i].Value * TimeSpan.TicksPerSecond));
                (counts[i], before) = (until - before, until);
            }

            counts[^1] = latency.Total - before;
            to.Histogram(DurationBuckets.Seconds, counts, stats.LatencyTicks / (double)TimeSpan.TicksPerSecond, new("endpoint", endpoint), new("variant", variant));
        }
    }
}
