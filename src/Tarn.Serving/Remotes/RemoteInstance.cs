namespace Tarn.Serving;

/// <summary>How an attempt at an instance ended.</summary>
internal enum RemoteOutcome
{
    /// <summary>It answered, be it that the request is wrong.</summary>
    Answered,

    /// <summary>It answered that it failed: a status from 500 that another instance may not be asked after.</summary>
    Failed,

    /// <summary>It could not be reached, broke off, took too long, or answered 502, 503 or 504.</summary>
    Unreachable,

    /// <summary>The caller left; it says nothing of the instance.</summary>
    Abandoned,
}

/// <summary>One server of a cluster, with what is known of it. To be used under the cluster's lock.</summary>
internal sealed class RemoteInstance(Uri url)
{
    private const int Seconds = 10;

    private readonly (long Second, int Requests, int Failures, long Ticks)[] _slots = new (long, int, int, long)[Seconds];

    public string Url { get; } = url.AbsoluteUri.TrimEnd('/');

    public LatencyHistogram Latency { get; } = new(LatencyHistogram.Fine);

    public int InFlight { get; set; }

    public long Requests { get; set; }

    public long Failures { get; set; }

    /// <summary>Failures one after the other, of those that are the instance's own and no request's.</summary>
    public int Consecutive { get; set; }

    public bool IsHealthy { get; set; } = true;

    /// <summary>Health checks one after the other that failed.</summary>
    public int FailedChecks { get; set; }

    /// <summary>Why the last health check failed.</summary>
    public string? HealthProblem { get; set; }

    /// <summary>Whether it is left out.</summary>
    public bool IsEjected { get; set; }

    /// <summary>Until when it is left out, in ticks of the cluster's time; once it is back, when it came back.</summary>
    public long EjectedUntil { get; set; }

    public DateTimeOffset EjectedUntilTime { get; set; }

    public string? EjectedFor { get; set; }

    /// <summary>How many times it was left out, one soon after the other.</summary>
    public int Ejections { get; set; }

    public void Note(long second, bool hasFailed, long ticks)
    {
        ref var slot = ref _slots[second % Seconds];
        if (slot.Second != second)
        {
            slot = (second, 0, 0, 0);
        }

        slot.Requests++;
        slot.Failures += hasFailed ? 1 : 0;
        slot.Ticks += ticks;
    }

    /// <summary>What was noted in the last ten seconds.</summary>
    public (int Requests, int Failures, long Ticks) Last(long second)
    {
        var sum = (Requests: 0, Failures: 0, Ticks: 0L);
        foreach (var slot in _slots)
        {
            if (slot.Second > second - Seconds)
            {
                sum = (sum.Requests + slot.Requests, sum.Failures + slot.Failures, sum.Ticks + slot.Ticks);
            }
        }

        return sum;
    }

    /// <summary>Forgets the last ten seconds: what it did before it was left out is not held against it twice.</summary>
    public void Forget()
    {
        Array.Clear(_slots);
        Consecutive = 0;
    }
}
