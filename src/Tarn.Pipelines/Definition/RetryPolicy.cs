namespace Tarn.Pipelines;

/// <summary>
/// How a failed attempt is tried again: after a delay that grows by a factor with each attempt up to a limit, moved at random so that many
/// tasks that failed together do not come back together.
/// The delay before retry n (from 1) is <c>min(Delay × Factor^(n−1), MaxDelay)</c>, times a number drawn evenly from 1 − Jitter to 1 + Jitter;
/// where the exception carries a time to retry after, never less than that.
/// </summary>
public sealed record RetryPolicy
{
    /// <summary>No retries: the first failure is final.</summary>
    public static RetryPolicy None { get; } = new();

    /// <summary>How often a failed task is tried again; 0 to 1,000, default 0.</summary>
    public int Count { get; init; }

    /// <summary>The delay before the first retry; zero to a day, default 10 seconds.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What the delay is multiplied by from one retry to the next; 1 to 10, default 2.</summary>
    public double Factor { get; init; } = 2;

    /// <summary>The longest delay; at least <see cref="Delay"/> and at most 365 days, default 10 minutes (or <see cref="Delay"/> where that is longer).</summary>
    public TimeSpan MaxDelay { get => field < Delay ? Delay : field; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The part by which the delay is moved at random, either way; 0 to 1, default 0.2.</summary>
    public double Jitter { get; init; } = 0.2;

    /// <summary>The delay before retry number <paramref name="retry"/>, from 1.</summary>
    /// <param name="retry">Which retry, from 1.</param>
    /// <param name="random">Where the jitter comes from.</param>
    public TimeSpan DelayBefore(int retry, Random random)
    {
        var ticks = Math.Min(Delay.Ticks * Math.Pow(Factor, retry - 1), MaxDelay.Ticks);
        return TimeSpan.FromTicks((long)(ticks * (1 + (Jitter * ((2 * random.NextDouble()) - 1)))));
    }

    internal IEnumerable<string> Errors()
    {
        if (Count is < 0 or > 1000)
        {
            yield return $"the number of retries is 0 to 1,000, not {Count}";
        }

        if (Delay < TimeSpan.Zero || Delay > TimeSpan.FromDays(1))
        {
            yield return $"the delay between retries is zero to a day, not {Delay}";
        }

        if (MaxDelay > TimeSpan.FromDays(365))
        {
            yield return $"the longest delay between retries is at most 365 days, not {MaxDelay}";
        }

        if (!(Factor is >= 1 and <= 10))
        {
            yield return $"the factor of the retry delay is 1 to 10, not {Factor}";
        }

        if (!(Jitter is >= 0 and <= 1))
        {
            yield return $"the jitter of the retry delay is 0 to 1, not {Jitter}";
        }
    }
}
