namespace Tarn.Contracts;

/// <summary>
/// A clock that stands still until a test moves it. Timers fire on the thread that moves it, in the order in which they are due, each at its own
/// moment; the wall clock can be set apart from the clock that timers follow, as people and NTP do. Safe for use from several threads.
/// </summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly SortedSet<ManualTimer> _due = new(Comparer<ManualTimer>.Create(static (a, b) =>
        a.DueAt != b.DueAt ? a.DueAt.CompareTo(b.DueAt) : a.Order.CompareTo(b.Order)));

    private DateTimeOffset _wall;
    private long _elapsed;
    private long _orders;

    /// <summary>Starts the clock at a moment; the first of January 2026 where none is given.</summary>
    public ManualTimeProvider(DateTimeOffset? start = null) => _wall = (start ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)).ToUniversalTime();

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How long until the next timer fires, or null where none is set.</summary>
    public TimeSpan? UntilNextTimer
    {
        get
        {
            lock (_gate)
            {
                return _due.Min is { } next ? TimeSpan.FromTicks(Math.Max(0, next.DueAt - _elapsed)) : null;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _wall;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _elapsed;
        }
    }

    /// <summary>Lets time pass, and fires the timers that become due.</summary>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        var end = GetTimestamp() + time.Ticks;
        while (true)
        {
            ManualTimer? next;
            lock (_gate)
            {
                next = _due.Min;
                if (next is null || next.DueAt > end)
                {
                    Pass(end);
                    return;
                }

                _due.Remove(next);
                Pass(next.DueAt);
                next.Rearm();
            }

            next.Fire();
        }
    }

    /// <summary>Sets the wall clock, forwards or backwards, as a person or NTP does: no time passes, and timers stay as they are.</summary>
    public void JumpTo(DateTimeOffset now)
    {
        lock (_gate)
        {
            _wall = now.ToUniversalTime();
        }
    }

    /// <summary>Raised after a timer was made: somebody waits for time to pass.</summary>
    public event Action? TimerMade;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        TimerMade?.Invoke();
        return timer;
    }

    private void Pass(long until)
    {
        if (until > _elapsed)
        {
            _wall = _wall.AddTicks(until - _elapsed);
            _elapsed = until;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;
        private bool _disposed;

        public long DueAt { get; private set; }

        public long Order { get; private set; }

        public void Fire() => callback(state);

        /// <summary>Called under the clock's lock after the timer was taken out.</summary>
        public void Rearm()
        {
            if (!_disposed && _period > TimeSpan.Zero)
            {
                Arm(_period);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                if (_disposed)
                {
                    return false;
                }

                time._due.Remove(this);
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Arm(dueTime);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                _disposed = true;
                time._due.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(TimeSpan delay)
        {
            DueAt = time._elapsed + delay.Ticks;
            Order = ++time._orders; // From 1: a timer that was never armed has 0, and so equals none that is.
            time._due.Add(this);
        }
    }
}
