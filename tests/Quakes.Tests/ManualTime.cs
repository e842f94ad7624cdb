namespace Quakes.Tests;

/// <summary>A clock that stands until it is set, and whose timers ring at once: pauses take no time, and are recorded.</summary>
internal sealed class ManualTime(DateTimeOffset now) : TimeProvider
{
    private readonly Lock _gate = new();
    private DateTimeOffset _now = now;

    /// <summary>The pauses that were asked for, long time-outs left out.</summary>
    public List<TimeSpan> Pauses { get; } = [];

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public void Advance(TimeSpan by)
    {
        lock (_gate)
        {
            _now += by;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        // Request time-outs are long, and are left to ring never: a test that needs one uses real time.
        if (dueTime == Timeout.InfiniteTimeSpan || dueTime >= TimeSpan.FromSeconds(59))
        {
            return new Never();
        }

        lock (_gate)
        {
            Pauses.Add(dueTime);
        }

        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private sealed class Never : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
