namespace Tarn.Pipelines;

/// <summary>A timetable of the user's own code: what it throws, or answers against the rules of <see cref="Timetable"/>, is a <see cref="TimetableException"/>, so that it can be kept to its pipeline.</summary>
internal sealed class GuardedTimetable : Timetable
{
    private readonly string _pipeline;
    private readonly Timetable _inner;

    private GuardedTimetable(string pipeline, Timetable inner)
    {
        _pipeline = pipeline;
        _inner = inner;
    }

    public override string Expression => _inner.Expression;

    public override TimeZoneInfo TimeZone => _inner.TimeZone;

    /// <summary>The timetable itself where it is one of Tarn's.</summary>
    public static Timetable? Of(string pipeline, Timetable? timetable) =>
        timetable is null or CronSchedule or IntervalSchedule ? timetable : new GuardedTimetable(pipeline, timetable);

    public override DataInterval? StartingAtOrAfter(DateTimeOffset instant) =>
        Checked(Ask(() => _inner.StartingAtOrAfter(instant)), i => i.Start >= instant, $"the interval that starts at or after {instant:O} starts there or later");

    public override DataInterval? LatestComplete(DateTimeOffset instant) =>
        Checked(Ask(() => _inner.LatestComplete(instant)), i => i.End <= instant, $"the latest interval that has ended at {instant:O} ends there or earlier");

    public override DataInterval? Following(DataInterval interval) =>
        Checked(Ask(() => _inner.Following(interval)), i => i.Start >= interval.End, $"the interval after the one that ends at {interval.End:O} starts there or later");

    public override DataInterval? Preceding(DataInterval interval) =>
        Checked(Ask(() => _inner.Preceding(interval)), i => i.End <= interval.Start, $"the interval before the one that starts at {interval.Start:O} ends there or earlier");

    public override long Count(DateTimeOffset from, DateTimeOffset to) => Ask(() => _inner.Count(from, to));

    private T Ask<T>(Func<T> question)
    {
        try
        {
            return question();
        }
        catch (Exception error)
        {
            // It is the user's code, and may throw anything.
            throw new TimetableException(_pipeline, $"The timetable of pipeline {_pipeline} threw {error.GetType().Name}: {error.Message}", error);
        }
    }

    /// <summary>An answer that does not move on would be asked for without end.</summary>
    private DataInterval? Checked(DataInterval? answer, Func<DataInterval, bool> rule, FormattableString said) =>
        answer is not { } interval ? null
        : interval.End <= interval.Start ? throw Broken(interval, "an interval ends after its start")
        : !rule(interval) ? throw Broken(interval, FormattableString.Invariant(said))
        : interval;

    private TimetableException Broken(DataInterval interval, string rule) =>
        new(_pipeline, FormattableString.Invariant($"The timetable of pipeline {_pipeline} breaks a rule: {rule}, but it answered {interval.Start:O} to {interval.End:O}"));
}

/// <summary>A timetable cannot be asked.</summary>
internal sealed class TimetableException(string pipeline, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whose timetable it is.</summary>
    public string Pipeline { get; } = pipeline;
}
