namespace Tarn.Serving;

/// <summary>The last hour in windows of ten seconds. The windows are made once and used again.</summary>
internal sealed class WindowRing
{
    /// <summary>How many windows can be read: an hour.</summary>
    public const int Kept = 360;

    private const long Length = 10 * TimeSpan.TicksPerSecond;

    // Two more than are read: one that a slow writer may still be in when the next is being cleared.
    private readonly StatsWindow[] _windows = new StatsWindow[Kept + 2];
    private readonly Lock _turning = new();
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly long _timestamp;

    public WindowRing(TimeProvider time)
    {
        _time = time;
        (_startedAt, _timestamp) = (time.GetUtcNow().UtcTicks, time.GetTimestamp());
        for (var i = 0; i < _windows.Length; i++)
        {
            _windows[i] = new StatsWindow();
        }
    }

    /// <summary>The window of this moment.</summary>
    public StatsWindow Current()
    {
        var number = Number();
        var window = _windows[number % _windows.Length];
        return window.Number == number ? window : Turn(window, number);
    }

    public IReadOnlyList<VariantWindow> Read(int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var now = Number();
        var windows = new List<VariantWindow>();
        for (var number = now - Math.Min(most, Kept) + 1; number <= now; number++)
        {
            var window = _windows[number % _windows.Length];
            if (window.Number == number)
            {
                windows.Add(new VariantWindow(new DateTimeOffset(number * Length, TimeSpan.Zero), window.Read()));
            }
        }

        return windows;
    }

    // By the clock that nobody sets: windows follow each other whatever happens to the wall clock.
    private long Number() => (_startedAt + _time.GetElapsedTime(_timestamp).Ticks) / Length;

    private StatsWindow Turn(StatsWindow window, long number)
    {
        lock (_turning)
        {
            if (window.Number < number)
            {
                window.Begin(number);
            }
        }

        return window;
    }
}

/// <summary>The counters of ten seconds.</summary>
internal sealed class StatsWindow
{
    public readonly LatencyHistogram Latency = new(LatencyHistogram.Coarse);
    public long Requests;
    public long Errors;
    public long Positive;
    public long Negative;
    public long Agreed;
    public long Disagreed;
    private long _number = -1;

    /// <summary>Which ten seconds; −1 for none yet.</summary>
    public long Number => Volatile.Read(ref _number);

    public void Begin(long number)
    {
        (Requests, Errors, Positive, Negative, Agreed, Disagreed) = (0, 0, 0, 0, 0, 0);
        Latency.Clear();
        Volatile.Write(ref _number, number);
    }

    public VariantCounts Read()
    {
        var errors = Interlocked.Read(ref Errors);
        return new VariantCounts(
            Interlocked.Read(ref Requests),
            errors,
            Interlocked.Read(ref Positive),
            Interlocked.Read(ref Negative),
            Interlocked.Read(ref Agreed),
            Interlocked.Read(ref Disagreed),
            LatencySummary.Of(Latency.Read()));
    }
}
