using System.Text;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class MetricsWriterTests
{
    private const string Hard = "a\\b\"c\nd é\u2028";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Labels_and_help_with_every_hard_character_are_read_back_as_they_were(bool isOpen)
    {
        var page = ExpositionText.Parse(
            Page(isOpen, static to =>
            {
                to.Family("tarn_x", MetricKind.Counter, Hard);
                to.Sample(3, new("a", Hard), new("b", ""));
            }),
            isOpen);
        var family = page.Families[isOpen ? "tarn_x" : "tarn_x_total"];
        Assert.Equal((Hard, "counter"), (family.Help, family.Type));
        Assert.Equal((Hard, "", 3), (family.Samples[0].Labels["a"], family.Samples[0].Labels["b"], family.Samples[0].Value));
    }

    [Fact]
    public void A_counter_is_called_total_and_OpenMetrics_ends_with_EOF()
    {
        static void Write(MetricsWriter to)
        {
            to.Family("tarn_read_bytes", MetricKind.Counter, "Bytes.", "bytes");
            to.Sample(1.5);
        }

        Assert.Equal("# HELP tarn_read_bytes_total Bytes.\n# TYPE tarn_read_bytes_total counter\ntarn_read_bytes_total 1.5\n", Page(false, Write));
        Assert.Equal("# HELP tarn_read_bytes Bytes.\n# TYPE tarn_read_bytes counter\n# UNIT tarn_read_bytes bytes\ntarn_read_bytes_total 1.5\n# EOF\n", Page(true, Write));
    }

    [Fact]
    public void A_counter_that_others_have_named_keeps_its_name_in_both_formats()
    {
        static void Write(MetricsWriter to)
        {
            to.ForeignFamily(":tensorflow:serving:request_count", MetricKind.Counter, "Requests.");
            to.Sample(2, new MetricLabel("model_name", "m"));
        }

        foreach (var isOpen in (bool[])[false, true])
        {
            var page = ExpositionText.Parse(Page(isOpen, Write), isOpen);
            Assert.Equal(isOpen ? "unknown" : "counter", page.Families[":tensorflow:serving:request_count"].Type);
            Assert.Equal(2, page.Value(":tensorflow:serving:request_count", ("model_name", "m")));
        }
    }

    [Fact]
    public void Bounds_are_written_as_each_format_has_them_and_those_of_TensorFlow_Serving_as_it_has_them()
    {
        Assert.Equal(["0.0001", "1", "10"], new[] { 0.0001, 1, 10 }.Select(static b => MetricBound.Of(b).TextOf(MetricsFormat.Prometheus)));
        Assert.Equal(["0.0001", "1.0", "1E+30"], new[] { 0.0001, 1, 1e30 }.Select(static b => MetricBound.Of(b).TextOf(MetricsFormat.OpenMetrics)));
        Assert.Equal(["10", "18", "32.4"], DurationBuckets.Microseconds.Take(3).Select(static b => b.Text));
        Assert.Equal(["708235", "1.27482e+06"], DurationBuckets.Microseconds.Skip(19).Take(2).Select(static b => b.Text));
        Assert.Equal(33, DurationBuckets.Microseconds.Length);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("*/*", false)]
    [InlineData("text/html", false)]
    [InlineData("rubbish;;;", false)]
    [InlineData("application/openmetrics-text", true)]
    [InlineData("application/openmetrics-text; version=0.0.1", false)]
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true)]
    [InlineData("application/openmetrics-text;version=1.0.0;q=0.2, text/plain;q=0.9", false)]
    [InlineData("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;q=0.5,*/*;q=0.2", true)]
    public void OpenMetrics_is_given_to_whoever_ranks_it_first(string accept, bool isOpen) =>
        Assert.Equal(isOpen ? MetricsFormat.OpenMetrics : MetricsFormat.Prometheus, MetricsFormats.Choose(accept));

    [Fact]
    public void A_duration_falls_into_the_first_bucket_that_is_not_shorter_and_the_sum_is_of_all()
    {
        var durations = new DurationBuckets(MetricBound.Of(0.001, 1), perUnit: 1000);
        durations.Add(1);
        durations.Add(2, times: 3);
        durations.Add(1000);
        durations.Add(1001);
        durations.Add(-5);
        var page = ExpositionText.Parse(
            Page(false, to =>
            {
                to.Family("tarn_t_seconds", MetricKind.Histogram, "T.", "seconds");
                durations.Write(to, new MetricLabel("a", "b"));
            }),
            false);
        Assert.Equal([2, 6, 7], page.Find("tarn_t_seconds_bucket", ("a", "b")).Select(static s => s.Value));
        Assert.Equal((2.008, 7), (page.Value("tarn_t_seconds_sum"), page.Value("tarn_t_seconds_count")));
        Assert.Equal(7, durations.Total());
    }

    private static string Page(bool isOpen, Action<MetricsWriter> write)
    {
        using var page = PooledBuffer.Rent();
        var to = new MetricsWriter(page, isOpen ? MetricsFormat.OpenMetrics : MetricsFormat.Prometheus);
        write(to);
        to.End();
        return Encoding.UTF8.GetString(page.Written);
    }
}
