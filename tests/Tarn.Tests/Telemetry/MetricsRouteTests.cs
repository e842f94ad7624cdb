using System.Net.Http.Headers;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>The page of metrics of a whole server.</summary>
public sealed class MetricsRouteTests
{
    [Fact]
    public async Task A_server_tells_its_metrics_from_its_start_on_in_both_formats()
    {
        await using var server = new TestServer();
        await server.InitializeAsync();
        await server.GetAsync("/health/live");
        var text = await server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(1, ExpositionText.Parse(text, isOpenMetrics: false).Value("http_server_request_duration_seconds_count", ("http_route", "/health/live")));

        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text;version=1.0.0"));
        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var page = ExpositionText.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), isOpenMetrics: true);
        Assert.Equal(1, page.Value("http_server_request_duration_seconds_count", ("http_route", "/metrics")));
        Assert.Equal(0, page.Value("tarn_serving_prediction_log_unmoved_bytes"));
        Assert.Equal(0, page.Value("tarn_serving_access_log_dropped_total"));
        await Promtool.CheckAsync(text, "tarn_", TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_server_that_is_not_to_tell_has_no_page()
    {
        await using var server = new TestServer { Settings = new Dictionary<string, string?> { ["Telemetry:Metrics"] = "false" } };
        await server.InitializeAsync();
        await server.GetAsync("/metrics", 404);
    }
}
