using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class MetricsPageTests
{
    private const string Row = """{"instances":[[1,2,3,4]]}""";

    [Fact]
    public async Task What_was_sent_is_what_the_page_says_in_both_formats()
    {
        await using var host = await TelemetryHost.StartAsync(AccessLogLevel.Off);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await host.PostAsync("/v1/models/dense:predict", Row)).Status);
        }

        Assert.Equal(200, (await host.PostAsync("/v1/models/dense:predict", """{"instances":[[1,2,3,4],[1,2,3,4]]}""")).Status);
        Assert.Equal(200, (await host.PostAsync("/v1/models/dense:classify", """{"examples":[{"features":[1,2,3,4]}]}""")).Status);
        Assert.Equal(400, (await host.PostAsync("/v1/models/dense:predict", """{"instances":[[1,2""")).Status);
        Assert.Equal(404, (await host.PostAsync("/v1/models/nobody:predict", Row)).Status);
        Assert.Equal(400, (await host.PostAsync("/v1/models/lookup:predict", """{"instances":[99]}""")).Status);
        Assert.Equal(200, (await host.PostAsync("/v1/endpoints/pets/predict", Row)).Status);

        foreach (var isOpen in (bool[])[false, true])
        {
            var page = await host.MetricsAsync(isOpen);
            var dense = ("model", "dense");
            Assert.Equal(6, page.Value("nv_inference_request_success", dense, ("version", "1")));
            Assert.Equal(7, page.Value("nv_inference_count", dense));
            Assert.Equal(6, page.Value("nv_inference_exec_count", dense));
            Assert.Equal(1, page.Value("nv_inference_request_failure", dense, ("reason", "OTHER")));
            Assert.Equal(0, page.Value("nv_inference_request_failure", dense, ("reason", "REJECTED")));
            Assert.Equal(1, page.Value("nv_inference_request_failure", ("model", "lookup"), ("version", "3"), ("reason", "BACKEND")));
            Assert.Equal(0, page.Value("nv_inference_exec_count", ("model", "lookup")));
            Assert.Equal(0, page.Value("nv_inference_queue_duration_us", ("model", "lookup")));
            Assert.Equal(0, page.Value("nv_inference_pending_request_count", dense));
            Assert.True(page.Value("nv_inference_request_duration_us", dense) >= page.Value("nv_inference_compute_infer_duration_us", dense));
            Assert.Equal(0, page.Value("nv_cache_num_hits_per_model", dense));

            Assert.Equal(6, page.Value(":tensorflow:serving:request_count", ("model_name", "dense"), ("status", "OK")));
            Assert.Equal(1, page.Value(":tensorflow:serving:request_count", ("model_name", "dense"), ("status", "INVALID_ARGUMENT")));
            Assert.Equal(1, page.Value(":tensorflow:serving:request_count", ("model_name", "lookup"), ("status", "INVALID_ARGUMENT")));
            Assert.Empty(page.Find(":tensorflow:serving:request_count", ("model_name", "nobody")));
            Assert.Equal(6, page.Value(":tensorflow:serving:request_latency_count", ("model_name", "dense"), ("API", "predict"), ("entrypoint", "REST")));
            Assert.Equal(1, page.Value(":tensorflow:serving:request_latency_count", ("model_name", "dense"), ("API", "classify")));
            Assert.Equal(6, page.Value(":tensorflow:serving:runtime_latency_count", ("model_name", "dense")));
            Assert.Equal(34, page.Find(":tensorflow:serving:request_latency_bucket", ("API", "classify")).Count);

            Assert.Equal(6, page.Value("tarn_serving_model_compute_duration_seconds_count", dense));
            Assert.Equal(1, page.Value("tarn_serving_requests_total", ("endpoint", "pets"), ("variant", "main")));
            Assert.Equal(0, page.Value("tarn_serving_errors_total", ("endpoint", "pets")));
            Assert.Equal(1, page.Value("tarn_serving_request_duration_seconds_count", ("endpoint", "pets")));
            Assert.Equal(0, page.Value("tarn_serving_prediction_log_dropped_total"));
            Assert.True(page.Value("tarn_serving_prediction_log_unmoved_bytes") > 0);
            Assert.Equal(0, page.Value("tarn_serving_queue_length", dense));
            Assert.Equal(9, page.Find("http_server_request_duration_seconds_count", ("http_request_method", "POST")).Sum(static s => s.Value));
            Assert.NotEmpty(page.Find("kestrel_active_connections"));
            Assert.NotEmpty(page.Find("dotnet_process_memory_working_set_bytes"));
        }
    }

    [Fact]
    public async Task The_sum_of_a_latency_histogram_is_the_time_of_its_requests()
    {
        await using var host = await TelemetryHost.StartAsync(AccessLogLevel.Off);
        var stats = host.Services.GetRequiredService<EndpointStats>().Of("pets", "main");
        foreach (var milliseconds in (int[])[1, 20, 300, 20_000])
        {
            stats.Record(milliseconds * TimeSpan.TicksPerMillisecond, isError: milliseconds == 300);
        }

        stats.RecordFeedback(isPositive: true);
        stats.RecordAgreement(agrees: false);
        var page = await host.MetricsAsync();
        Assert.Equal(20.321, page.Value("tarn_serving_request_duration_seconds_sum", ("endpoint", "pets")), 6);
        Assert.Equal(
            [("0.0005", 0), ("0.001", 1), ("0.025", 2), ("0.5", 3), ("10", 3), ("+Inf", 4)],
            page.Find("tarn_serving_request_duration_seconds_bucket", ("endpoint", "pets"))
                .Select(static s => (s.Labels["le"], s.Value)).Where(static b => b.Item1 is "0.0005" or "0.001" or "0.025" or "0.5" or "10" or "+Inf"));
        Assert.Equal((1, 1), (page.Value("tarn_serving_errors_total"), page.Value("tarn_serving_feedback_total", ("feedback", "positive"))));
        Assert.Equal((1, 0), (page.Value("tarn_serving_agreement_total", ("agreement", "disagreed")), page.Value("tarn_serving_agreement_total", ("agreement", "agreed"))));
    }

    [Fact]
    public async Task Prometheus_itself_reads_the_page_and_has_nothing_to_say_against_our_own_names()
    {
        await using var host = await TelemetryHost.StartAsync(AccessLogLevel.Off);
        await host.PostAsync("/v1/models/dense:predict", Row);
        await host.PostAsync("/v1/endpoints/pets/predict", Row);
        var (text, type) = await host.PageAsync();
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", type.ToString());
        Assert.Equal("application/openmetrics-text; version=1.0.0; charset=utf-8", (await host.PageAsync(isOpen: true)).Type.ToString());
        await Promtool.CheckAsync(text, "tarn_", TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_names_that_callers_make_up_make_no_series()
    {
        await using var host = await TelemetryHost.StartAsync(AccessLogLevel.Off);
        var before = (await host.MetricsAsync()).Families.Values.Sum(static f => f.Samples.Count);
        for (var i = 0; i < 50; i++)
        {
            await host.PostAsync(string.Create(CultureInfo.InvariantCulture, $"/v1/models/m{i}:predict"), Row);
            await host.PostAsync(string.Create(CultureInfo.InvariantCulture, $"/v1/endpoints/e{i}/predict"), Row);
        }

        // One series of http_server_request_duration for the status 404, with its buckets, and what the runtime has made meanwhile.
        var after = (await host.MetricsAsync()).Families.Values.Where(static f => !f.Name.StartsWith("dotnet", StringComparison.Ordinal)).Sum(static f => f.Samples.Count);
        Assert.True(after - before < 50, $"{before} samples became {after}");
    }
}
