using Xunit;

namespace Tarn.Serving.Tests;

public sealed class BatchPolicyTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(10);

    [Theory]
    [InlineData(1, 0, 100, false)] // More are to be expected, and there is time.
    [InlineData(1, 0, 0.9, true)] // None is.
    [InlineData(1, 10, 100, true)] // Its time is over.
    [InlineData(7, 9, 1, false)]
    [InlineData(8, 0, 100, true)] // It is full.
    [InlineData(9, 0, 100, true)]
    public void A_batch_is_due_when_it_is_full_or_late_or_nobody_is_to_join_it(int rows, double waited, double expected, bool isDue) =>
        Assert.Equal(isDue, new BatchPolicy(new ModelOptions { MaxBatchSize = 8, BatchDelay = Delay }, 8).IsDue(rows, TimeSpan.FromMilliseconds(waited), expected));

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)] // Three of them fill a preferred size.
    [InlineData(6, true)]
    public void A_preferred_size_that_is_filled_is_due(int rows, bool isDue) =>
        Assert.Equal(isDue, new BatchPolicy(new ModelOptions { MaxBatchSize = 8, PreferredBatchSizes = [3, 6], BatchDelay = Delay }, 8).IsDue(rows, TimeSpan.Zero, 100));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(5, 3)]
    [InlineData(6, 6)]
    [InlineData(8, 6)]
    [InlineData(5_000_000_000, 6)]
    public void A_batch_takes_the_largest_preferred_size_that_is_filled(long rows, int target) =>
        Assert.Equal(target, new BatchPolicy(new ModelOptions { MaxBatchSize = 8, PreferredBatchSizes = [3, 6] }, 8).Target(rows));

    [Fact]
    public void Without_a_delay_or_without_batches_nothing_waits()
    {
        Assert.True(new BatchPolicy(new ModelOptions { MaxBatchSize = 8 }, 8).IsDue(1, TimeSpan.Zero, 100));
        var alone = new BatchPolicy(new ModelOptions { MaxBatchSize = 8, PreferredBatchSizes = [4], BatchDelay = Delay }, 1);
        Assert.True(alone.IsDue(1, TimeSpan.Zero, 100));
        Assert.Equal((false, 1), (alone.IsOn, alone.Target(7)));
    }

    [Theory]
    [InlineData(1, 600, 10)] // Ten times as often as the delay is long.
    [InlineData(5, 100, 2)]
    [InlineData(20, 100, 0.5)]
    [InlineData(1000, 100, 0)]
    public void A_steady_rate_is_known_after_some_arrivals(double gapMilliseconds, int arrivals, double expected)
    {
        var rate = new ArrivalRate(1_000_000, Delay);
        var now = 0L;
        for (var i = 0; i < arrivals; i++)
        {
            rate.Add(now);
            now += (long)(gapMilliseconds * 1000);
        }

        Assert.InRange(rate.Expected(now, Delay), (expected * 0.85) - 0.1, (expected * 1.15) + 0.1);
        Assert.Equal(rate.Expected(now, Delay) / 2, rate.Expected(now, Delay / 2), 9);
    }

    [Fact]
    public void One_arrival_promises_no_other_and_a_rush_after_a_pause_is_noticed_within_a_dozen()
    {
        var rate = new ArrivalRate(1_000_000, Delay);
        rate.Add(0);
        Assert.True(rate.Expected(0, Delay) < 1);

        var now = TimeSpan.FromHours(5).Ticks / 10;
        var needed = 0;
        for (; rate.Expected(now, Delay) < 1; needed++)
        {
            rate.Add(now += 10);
        }

        Assert.InRange(needed, 12, 13);

        // A pause is news while it lasts.
        Assert.True(rate.Expected(now + 1_000_000, Delay) < 0.01);
    }

    [Fact]
    public void A_clock_that_goes_back_a_little_harms_nothing()
    {
        // Threads read the clock before they take the lock.
        var rate = new ArrivalRate(1000, Delay);
        rate.Add(100);
        rate.Add(99);
        Assert.InRange(rate.Expected(98, Delay), 0.1, 0.2);
    }
}
