using System.Collections.Concurrent;
using System.Diagnostics;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class ServingTraceTests
{
    private const string Row = """{"instances":[[1,2,3,4]]}""";

    [Fact]
    public async Task The_spans_of_a_request_are_in_its_callers_trace_one_after_the_other()
    {
        var (trace, parent) = (ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom());
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ServingTelemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.TraceId == trace)
                {
                    spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var host = await TelemetryHost.StartAsync(AccessLogLevel.Off);
        Assert.Equal(200, (await host.PostAsync("/v1/endpoints/pets/predict", Row, $"00-{trace}-{parent}-01")).Status);
        Assert.Equal(["decode", "queue", "compute"], spans.Select(static s => s.OperationName));
        Assert.All(spans, span =>
        {
            Assert.Equal(parent, span.ParentSpanId);
            Assert.Equal(("dense", "pets", "main"), (span.GetTagItem("tarn.model.name"), span.GetTagItem("tarn.endpoint.name"), span.GetTagItem("tarn.endpoint.variant")));
        });
        var ends = spans.Select(static s => s.StartTimeUtc + s.Duration).ToList();
        Assert.True(ends.SequenceEqual(ends.Order()), "each span ends after the one before");
        Assert.Equal(1, spans.Last().GetTagItem("tarn.batch.rows"));
    }

    [Fact]
    public async Task A_run_that_fails_has_a_span_that_says_so()
    {
        var trace = ActivityTraceId.CreateRandom();
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ServingTelemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                if (span.TraceId == trace)
                {
                    spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var host = await TelemetryHost.StartAsync(AccessLogLevel.Off);
        Assert.Equal(400, (await host.PostAsync("/v1/models/lookup:predict", """{"instances":[99]}""", $"00-{trace}-00f067aa0ba902b7-01")).Status);
        Assert.Equal(ActivityStatusCode.Error, spans.Single(static s => s.OperationName == "compute").Status);
    }

    [Fact]
    public async Task The_prediction_log_has_the_callers_trace_though_nobody_listens()
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        await using var host = await TelemetryHost.StartAsync(AccessLogLevel.Off);
        Assert.Equal(200, (await host.PostAsync("/v1/endpoints/pets/predict", Row, $"00-{trace}-00f067aa0ba902b7-00")).Status);
        Assert.Equal(200, (await host.PostAsync("/v1/endpoints/pets/predict", Row, "00-nonsense")).Status);
        var records = await host.PredictionsAsync();
        Assert.Equal([null, trace], records.Select(static r => r.TraceId).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true)]
    [InlineData("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false)]
    [InlineData("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more", false)]
    [InlineData("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false)]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false)]
    [InlineData("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x", false)]
    [InlineData("", false)]
    public void A_header_names_a_trace_where_it_is_by_the_standard(string header, bool isValid) =>
        Assert.Equal(isValid ? "4bf92f3577b34da6a3ce929d0e0e4736" : "", TraceParent.TraceIdOf(header).ToString());
}
