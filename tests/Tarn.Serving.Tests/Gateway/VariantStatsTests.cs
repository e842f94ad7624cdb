using Tarn.Contracts;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What is counted at a variant.</summary>
public sealed class VariantStatsTests
{
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(LatencyHistogram.Fine, 0.016)]
    [InlineData(LatencyHistogram.Coarse, 0.063)]
    public void Every_latency_is_in_a_bucket_that_is_close_to_it(int bits, double error)
    {
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var ticks = (long)Math.Exp(random.NextDouble() * Math.Log(LatencyHistogram.Most));
            var histogram = new LatencyHistogram(bits);
            histogram.Add(ticks);
            var read = histogram.Read();
            Assert.True(Math.Abs(read.Quantile(0.5)!.Value - ticks) <= error * ticks, $"seed 3: {ticks} is read as {read.Quantile(0.5)}");
            Assert.True(read.QuantileEnd(0.5) >= ticks && read.CountOver(read.QuantileEnd(0.5)!.Value) == 0, $"seed 3: {ticks}");
        }
    }

    [Fact]
    public void Buckets_follow_each_other_without_gaps()
    {
        for (var index = 0; index < 1023; index++)
        {
            var start = LatencyHistogram.StartOf(index, LatencyHistogram.Fine);
            Assert.Equal((index, index + 1), (LatencyHistogram.IndexOf(start, LatencyHistogram.Fine), LatencyHistogram.IndexOf(LatencyHistogram.StartOf(index + 1, LatencyHistogram.Fine), LatencyHistogram.Fine)));
            Assert.Equal(index, LatencyHistogram.IndexOf(LatencyHistogram.StartOf(index + 1, LatencyHistogram.Fine) - 1, LatencyHistogram.Fine));
        }

        Assert.Equal((0, 1023), (LatencyHistogram.IndexOf(-5, LatencyHistogram.Fine), LatencyHistogram.IndexOf(long.MaxValue, LatencyHistogram.Fine)));
    }

    [Fact]
    public void Quantiles_are_those_of_what_was_recorded()
    {
        var stats = new VariantStats(_time);
        for (var i = 1; i <= 10_000; i++)
        {
            stats.Record(i * TimeSpan.TicksPerMillisecond / 10, i % 50 == 0);
        }

        stats.RecordFeedback(true);
        stats.RecordFeedback(false);
        stats.RecordFeedback(false);
        stats.RecordAgreement(true);
        stats.RecordAgreement(true);
        stats.RecordAgreement(false);
        var read = stats.Read();
        Assert.Equal((10_000, 200, 1, 2, 2, 1), (read.Requests, read.Errors, read.Positive, read.Negative, read.Agreed, read.Disagreed));
        Assert.InRange(read.Latency!.Value.P50.TotalMilliseconds, 490, 510);
        Assert.InRange(read.Latency!.Value.P95.TotalMilliseconds, 931, 969);
        Assert.InRange(read.Latency!.Value.P99.TotalMilliseconds, 970, 1010);
        Assert.Null(new VariantStats(_time).Read().Latency);
        var arm = stats.ReadArm(500 * TimeSpan.TicksPerMillisecond);
        Assert.Equal(10_000, arm.Timed);
        Assert.InRange(arm.Slow, 4_800, 5_000);
    }

    [Fact]
    public void The_last_hour_is_kept_in_windows_of_ten_seconds()
    {
        var stats = new VariantStats(_time);
        stats.Record(10, false);
        _time.Advance(TimeSpan.FromSeconds(9.9));
        stats.Record(10, true);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        stats.Record(10, false);
        _time.Advance(TimeSpan.FromSeconds(30));
        stats.RecordFeedback(true);
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(
            [(start, 2, 1, 0), (start.AddSeconds(10), 1, 0, 0), (start.AddSeconds(40), 0, 0, 1)],
            stats.ReadWindows().Select(static w => (w.Start, w.Counts.Requests, w.Counts.Errors, w.Counts.Positive)));
        Assert.Equal([start.AddSeconds(40)], stats.ReadWindows(3).Select(static w => w.Start));
        _time.Advance(TimeSpan.FromSeconds(3565));
        Assert.Equal([start.AddSeconds(10), start.AddSeconds(40)], stats.ReadWindows().Select(static w => w.Start));
        _time.Advance(TimeSpan.FromSeconds(20));
        stats.Record(10, false); // The slot of the first window, used again.
        Assert.Equal([(start.AddSeconds(40), 0), (start.AddSeconds(3620), 1)], stats.ReadWindows().Select(static w => (w.Start, w.Counts.Requests)));
    }

    [Fact]
    public void Nothing_is_lost_of_what_several_threads_record()
    {
        var stats = new EndpointStats(TimeProvider.System);
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                stats.Of("pizza", "champion").Record(i, i % 2 == 0);
            }
        });
        var read = stats.Find("pizza", "champion")!;
        Assert.Equal((160_000, 80_000, 160_000), (read.Read().Requests, read.Read().Errors, read.ReadLatency().Total));
        Assert.Equal((160_000, 80_000), (read.ReadWindows().Sum(static w => w.Counts.Requests), read.ReadWindows().Sum(static w => w.Counts.Errors)));
        stats.Forget("pizza");
        Assert.Null(stats.Find("pizza", "champion"));
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        var stats = new EndpointStats(_time);
        void Record()
        {
            for (var i = 0; i < 1000; i++)
            {
                var variant = stats.Of("pizza", "champion");
                variant.Record(i * 1000, i % 2 == 0);
                variant.RecordFeedback(i % 3 == 0);
                variant.RecordAgreement(i % 3 == 0);
            }
        }

        Record();
        Assert.Equal(0, Garbage.LeastOf(Record));
    }
}
