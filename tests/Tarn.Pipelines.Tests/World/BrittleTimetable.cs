namespace Tarn.Pipelines.Tests;

/// <summary>Five minutes each, of which it tells so many and then throws.</summary>
internal sealed class BrittleTimetable(DateTimeOffset? anchor = null) : Timetable
{
    private readonly IntervalSchedule _inner = IntervalSchedule.Every(TimeSpan.FromMinutes(5), anchor ?? RepairWorld.Hour(0));
    private int _asked;

    public int Good { get; set; }

    public override string Expression => "brittle";

    public override DataInterval? StartingAtOrAfter(DateTimeOffset instant) =>
        _asked++ % (Good + 1L) == Good ? throw new NotSupportedException("no such day") : _inner.StartingAtOrAfter(instant);

    public override DataInterval? LatestComplete(DateTimeOffset instant) => _inner.LatestComplete(instant);
}

/// <summary>Answers with the same interval, whatever it is asked.</summary>
internal sealed class StuckTimetable : Timetable
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    public override string Expression => "stuck";

    public override DataInterval? StartingAtOrAfter(DateTimeOffset instant) => new DataInterval(Begin, Begin.AddHours(1));

    public override DataInterval? LatestComplete(DateTimeOffset instant) => new DataInterval(Begin, Begin.AddHours(1));
}
