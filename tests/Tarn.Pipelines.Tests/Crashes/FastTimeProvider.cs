namespace Tarn.Pipelines.Tests;

/// <summary>The system's clock, started at a given moment and running many times as fast, timers included.</summary>
internal sealed class FastTimeProvider(DateTimeOffset start, int factor) : TimeProvider
{
    private readonly long _begun = System.GetTimestamp();

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => start.AddTicks(GetTimestamp());

    public override long GetTimestamp() => System.GetElapsedTime(_begun).Ticks * factor;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new FastTimer(factor, System.CreateTimer(callback, state, Scale(dueTime, factor), Scale(period, factor)));

    private static TimeSpan Scale(TimeSpan time, int factor) => time < TimeSpan.Zero ? time : time / factor;

    private sealed class FastTimer(int factor, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(Scale(dueTime, factor), Scale(period, factor));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
