namespace Tarn.Serving;

/// <summary>
/// What happened at a variant since the program started: counters, latencies, and the last hour in windows of ten seconds. Recording allocates nothing and takes no lock (but for one thread,
/// once in ten seconds). Safe for use from several threads.
/// </summary>
public sealed class VariantStats
{
    private readonly LatencyHistogram _latency = new(LatencyHistogram.Fine);
    private readonly WindowRing _windows;
    private long _latencyTicks;
    private long _requests;
    private long _errors;
    private long _positive;
    private long _negative;
    private long _agreed;
    private long _disagreed;

    /// <summary>Counters at zero.</summary>
    /// <param name="time">The clock of the windows.</param>
    public VariantStats(TimeProvider time) => _windows = new WindowRing(time);

    /// <summary>Notes that a request was answered.</summary>
    /// <param name="latencyTicks">How long that took, as in <see cref="TimeSpan.Ticks"/>, of 100 ns each; what is under 0 counts as 0.</param>
    /// <param name="isError">Whether the answer was an error that is not the client's.</param>
    public void Record(long latencyTicks, bool isError)
    {
        Interlocked.Increment(ref _requests);
        _latency.Add(latencyTicks);
        Interlocked.Add(ref _latencyTicks, Math.Max(0, latencyTicks));
        var window = _windows.Current();
        Interlocked.Increment(ref window.Requests);
        window.Latency.Add(latencyTicks);
        if (isError)
        {
            Interlocked.Increment(ref _errors);
            Interlocked.Increment(ref window.Errors);
        }
    }

    /// <summary>Notes what somebody thought of an answer.</summary>
    /// <param name="isPositive">Whether it was right, or liked.</param>
    public void RecordFeedback(bool isPositive)
    {
        var window = _windows.Current();
        Interlocked.Increment(ref isPositive ? ref _positive : ref _negative);
        Interlocked.Increment(ref isPositive ? ref window.Positive : ref window.Negative);
    }

    /// <summary>Notes whether an answer agreed with the champion's to the same request.</summary>
    public void RecordAgreement(bool agrees)
    {
        var window = _windows.Current();
        Interlocked.Increment(ref agrees ? ref _agreed : ref _disagreed);
        Interlocked.Increment(ref agrees ? ref window.Agreed : ref window.Disagreed);
    }

    /// <summary>How much was recorded so far, of whatever kind: greater than at an earlier look where there is news.</summary>
    public long Recorded => Interlocked.Read(ref _requests) + Interlocked.Read(ref _positive) + Interlocked.Read(ref _negative) + Interlocked.Read(ref _agreed) + Interlocked.Read(ref _disagreed);

    /// <summary>The counters now.</summary>
    public VariantCounts Read()
    {
        // Errors first: a request is counted before its error, so there are never more errors than requests.
        var errors = Interlocked.Read(ref _errors);
        var latency = _latency.Read();
        return new VariantCounts(
            Interlocked.Read(ref _requests),
            errors,
            Interlocked.Read(ref _positive),
            Interlocked.Read(ref _negative),
            Interlocked.Read(ref _agreed),
            Interlocked.Read(ref _disagreed),
            LatencySummary.Of(latency));
    }

    /// <summary>The windows of the last hour in which something happened, oldest first, the last one still going on.</summary>
    /// <param name="most">Of these the newest; 1 to 360.</param>
    public IReadOnlyList<VariantWindow> ReadWindows(int most = WindowRing.Kept) => _windows.Read(most);

    /// <summary>The sum of all latencies, of 100 ns each.</summary>
    internal long LatencyTicks => Interlocked.Read(ref _latencyTicks);

    /// <summary>The counters now, without the latencies.</summary>
    internal VariantTotals ReadTotals()
    {
        var errors = Interlocked.Read(ref _errors);
        return new VariantTotals(
            Interlocked.Read(ref _requests),
            errors,
            Interlocked.Read(ref _positive),
            Interlocked.Read(ref _negative),
            Interlocked.Read(ref _agreed),
            Interlocked.Read(ref _disagreed));
    }

    internal LatencyCounts ReadLatency() => _latency.Read();

    /// <summary>The counters as tests take them, with the latencies over a threshold.</summary>
    internal ArmCounts ReadArm(long? slowerThan)
    {
        var errors = Interlocked.Read(ref _errors);
        var latency = slowerThan is null ? null : _latency.Read();
        return new ArmCounts(
            Interlocked.Read(ref _requests),
            errors,
            latency?.Total ?? 0,
            latency?.CountOver(slowerThan!.Value) ?? 0,
            Interlocked.Read(ref _positive),
            Interlocked.Read(ref _negative),
            Interlocked.Read(ref _agreed),
            Interlocked.Read(ref _disagreed));
    }
}

/// <summary>What was counted at a variant.</summary>
/// <param name="Requests">Requests that were answered.</param>
/// <param name="Errors">Those of them that were answered with an error.</param>
/// <param name="Positive">Positive feedback.</param>
/// <param name="Negative">Negative feedback.</param>
/// <param name="Agreed">Answers that agreed with the champion's.</param>
/// <param name="Disagreed">Answers that did not.</param>
/// <param name="Latency">How long answers took; off by at most 1.6 %. Null where there was none.</param>
public readonly record struct VariantCounts(long Requests, long Errors, long Positive, long Negative, long Agreed, long Disagreed, LatencySummary? Latency);

/// <summary>How long answers took.</summary>
/// <param name="P50">The median.</param>
/// <param name="P95">The 95th percentile.</param>
/// <param name="P99">The 99th percentile.</param>
public readonly record struct LatencySummary(TimeSpan P50, TimeSpan P95, TimeSpan P99)
{
    internal static LatencySummary? Of(LatencyCounts counts) => counts.Total == 0
        ? null
        : new(new TimeSpan(counts.Quantile(0.5)!.Value), new TimeSpan(counts.Quantile(0.95)!.Value), new TimeSpan(counts.Quantile(0.99)!.Value));
}

/// <summary>What was counted at a variant in ten seconds.</summary>
/// <param name="Start">When they began, a whole multiple of ten seconds.</param>
/// <param name="Counts">What was counted; latencies are off by at most 6.3 %.</param>
public readonly record struct VariantWindow(DateTimeOffset Start, VariantCounts Counts);

/// <summary>The counters of a variant.</summary>
internal readonly record struct VariantTotals(long Requests, long Errors, long Positive, long Negative, long Agreed, long Disagreed);
