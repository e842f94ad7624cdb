namespace Tarn.Pipelines.Tests;

/// <summary>Five minutes each, of which it tells so many and then throws.</summary>
internal sealed class BrittleTimetable(DateTimeOffset? anchor = null) : Timetable
{
    private readonly IntervalSchedule _inner = IntervalSchedule.Every(TimeSpan.FromMinutes(5), anchor ?? RepairWorld.Hour(0));
    private int _asked;

    public int Good { get; set; }

    /// <summary>It tells of the past of no instant before this one.</summary>
    public DateTimeOffset TellsFrom { get; set; } = DateTimeOffset.MinValue;

    public override string Expression => "brittle";

    public override DataInterval? StartingAtOrAfter(DateTimeOffset instant) =>
        _asked++ % (Good + 1L) == Good ? throw new NotSupportedException("no such day") : _inner.StartingAtOrAfter(instant);

    public override DataInterval? LatestComplete(DateTimeOffset instant) => instant >= TellsFrom ? _inner.LatestComplete(instant) : throw new NotSupportedException("no such day");
}

/// <summary>Answers with the same hour, whatever it is asked; or stands still at one, and goes on from hour to hour before and after it.</summary>
internal sealed class StuckTimetable(DateTimeOffset? at = null) : Timetable
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly IntervalSchedule Hours = IntervalSchedule.Every(TimeSpan.FromHours(1));

    public override string Expression => "stuck";

    public override DataInterval? StartingAtOrAfter(DateTimeOffset instant) =>
        at is not { } hour ? new DataInterval(Begin, Begin.AddHours(1))
        : Hours.StartingAtOrAfter(instant) is { } next && next.Start == hour ? new DataInterval(next.Start.AddHours(-1), next.Start) : Hours.StartingAtOrAfter(instant);

    public override DataInterval? LatestComplete(DateTimeOffset instant) => at is null ? new DataInterval(Begin, Begin.AddHours(1)) : Hours.LatestComplete(instant);
}
