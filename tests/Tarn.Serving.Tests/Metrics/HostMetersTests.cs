using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class HostMetersTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Meter _meter;
    private readonly HostMeters _meters;

    public HostMetersTests()
    {
        _meter = Factory.Create("Tarn.Tests");
        _meters = new HostMeters(Factory, NullLoggerFactory.Instance);
    }

    private IMeterFactory Factory => _services.GetRequiredService<IMeterFactory>();

    public void Dispose()
    {
        _meters.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void What_instruments_measure_is_told_under_the_names_of_Prometheus()
    {
        var counter = _meter.CreateCounter<long>("a.requests", "{request}", "Requests.");
        counter.Add(2, new KeyValuePair<string, object?>("http.method", "GET"));
        counter.Add(3, new KeyValuePair<string, object?>("http.method", "GET"));
        counter.Add(1, new KeyValuePair<string, object?>("http.method", "PUT"));
        _meter.CreateUpDownCounter<int>("a.active").Add(-4);
        _meter.CreateGauge<double>("a.load", "1").Record(0.25);
        var histogram = _meter.CreateHistogram("a.duration", "s", "How long.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2] });
        foreach (var value in (double[])[0.5, 1, 1.5, 9])
        {
            histogram.Record(value, new KeyValuePair<string, object?>("ok", true));
        }

        foreach (var isOpen in (bool[])[false, true])
        {
            var page = Read(isOpen);
            Assert.Equal((5, 1), (page.Value("a_requests_total", ("http_method", "GET")), page.Value("a_requests_total", ("http_method", "PUT"))));
            Assert.Equal(-4, page.Value("a_active"));
            Assert.Equal(0.25, page.Value("a_load_ratio"));
            Assert.Equal([2, 3, 4], page.Find("a_duration_seconds_bucket", ("ok", "true")).Select(static s => s.Value));
            Assert.Equal((12, 4), (page.Value("a_duration_seconds_sum"), page.Value("a_duration_seconds_count")));
        }
    }

    [Fact]
    public void What_an_asked_instrument_no_longer_tells_is_gone()
    {
        List<Measurement<long>> told = [new(7, new KeyValuePair<string, object?>("model", "a")), new(1, new KeyValuePair<string, object?>("model", "b"))];
        _meter.CreateObservableUpDownCounter("queue", () => told);
        Assert.Equal(7, Read().Value("queue", ("model", "a")));
        told = [new(8, new KeyValuePair<string, object?>("model", "b"))];
        Assert.Equal(8, Assert.Single(Read().Find("queue")).Value);
    }

    [Fact]
    public void An_instrument_that_fails_hides_no_other()
    {
        _meter.CreateObservableGauge("bad", static int () => throw new InvalidOperationException("No."));
        _meter.CreateObservableGauge("good", static () => 3);
        Assert.Equal(3, Read().Value("good"));
    }

    [Fact]
    public void Tags_without_end_are_counted_together_from_some_number_on()
    {
        var counter = _meter.CreateCounter<long>("many");
        for (var i = 0; i < InstrumentTable.MostSeries + 500; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("id", i));
        }

        var page = Read();
        Assert.Equal(InstrumentTable.MostSeries + 1, page.Find("many_total").Count);
        Assert.Equal(500, page.Value("many_total", ("otel_metric_overflow", "true")));
        Assert.Equal(InstrumentTable.MostSeries + 500, page.Find("many_total").Sum(static s => s.Value));
    }

    [Fact]
    public void Meters_of_another_program_in_the_process_and_those_of_strangers_are_not_told()
    {
        using var other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        other.GetRequiredService<IMeterFactory>().Create("Tarn.Tests").CreateCounter<long>("theirs").Add(1);
        using var stranger = new Meter("Somebody.Else");
        stranger.CreateCounter<long>("strange").Add(1);
        var page = Read();
        Assert.Empty(page.Find("theirs_total"));
        Assert.Empty(page.Find("strange_total"));
        Assert.NotEmpty(page.Find("dotnet_gc_collections_total"));
    }

    [Fact]
    public void The_latency_of_endpoints_is_left_to_the_page_which_has_it_from_the_variants()
    {
        ServingTelemetry.Record("pets", "main", TimeSpan.FromSeconds(1));
        Assert.Empty(Read().Find("tarn_serving_request_duration_seconds_count"));
    }

    [Fact]
    public void A_measurement_under_known_tags_allocates_nothing()
    {
        var counter = _meter.CreateCounter<long>("free");
        var histogram = _meter.CreateHistogram<double>("free.duration", "s");
        void Measure(int times)
        {
            for (var i = 0; i < times; i++)
            {
                counter.Add(1, new("method", "GET"), new("route", "/"));
                histogram.Record(0.1, new("method", "GET"), new("route", "/"));
            }
        }

        Measure(100);
        Assert.Equal(0, Garbage.LeastOf(() => Measure(1000)));
    }

    [Fact]
    public void Many_threads_lose_no_count()
    {
        var counter = _meter.CreateCounter<double>("threads");
        Parallel.For(0, 8, i =>
        {
            for (var n = 0; n < 5000; n++)
            {
                counter.Add(0.5, new KeyValuePair<string, object?>("half", i % 2 == 0));
            }
        });
        Assert.Equal([10000, 10000], Read().Find("threads_total").Select(static s => s.Value));
    }

    [Theory]
    [InlineData("http.server.request.duration", "s", MetricKind.Histogram, "http_server_request_duration_seconds")]
    [InlineData("http.server.active_requests", "{request}", MetricKind.Gauge, "http_server_active_requests")]
    [InlineData("dotnet.gc.heap.total_allocated", "By", MetricKind.Counter, "dotnet_gc_heap_total_allocated_bytes")]
    [InlineData("rows.total", null, MetricKind.Counter, "rows")]
    [InlineData("load", "1", MetricKind.Counter, "load")]
    [InlineData("9.lives-left", "ms", MetricKind.Gauge, "_9_lives_left_milliseconds")]
    public void Names_and_units_are_those_of_the_compatibility_page(string instrument, string? unit, object kind, string name) =>
        Assert.Equal(name, InstrumentNames.Family(instrument, unit, (MetricKind)kind).Name);

    private ExpositionText Read(bool isOpen = false)
    {
        using var page = PooledBuffer.Rent();
        var to = new MetricsWriter(page, isOpen ? MetricsFormat.OpenMetrics : MetricsFormat.Prometheus);
        _meters.Write(to);
        to.End();
        return ExpositionText.Parse(Encoding.UTF8.GetString(page.Written), isOpen);
    }
}
