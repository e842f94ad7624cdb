namespace Tarn.Pipelines;

/// <summary>
/// A timetable, of which most are users' own code: what it throws, or answers against the rules of <see cref="Timetable"/>, is a <see cref="TimetableException"/>, so that it can be kept to its pipeline.
/// </summary>
internal sealed class GuardedTimetable : Timetable
{
    private readonly string _pipeline;
    private readonly Timetable _inner;
    private readonly bool _counts;

    /// <summary>Guards a timetable.</summary>
    /// <param name="pipeline">Whose it is.</param>
    /// <param name="inner">The timetable.</param>
    public GuardedTimetable(string pipeline, Timetable inner)
    {
        _pipeline = pipeline;
        _inner = inner;

        // Where it does not count by itself, what it would count is asked for here, under guard.
        _counts = inner.GetType().GetMethod(nameof(Count))!.DeclaringType != typeof(Timetable);
    }

    public override string Expression => _inner.Expression;

    public override TimeZoneInfo TimeZone => _inner.TimeZone;

    public override DataInterval? StartingAtOrAfter(DateTimeOffset instant) =>
        Ask(static (t, at) => t.StartingAtOrAfter(at), instant) is not { } i ? null
        : i.Start >= instant && i.End > i.Start ? i
        : throw Broken(i, $"asked for the interval that starts at or after {instant:O}");

    public override DataInterval? LatestComplete(DateTimeOffset instant) =>
        Ask(static (t, at) => t.LatestComplete(at), instant) is not { } i ? null
        : i.End <= instant && i.End > i.Start ? i
        : throw Broken(i, $"asked for the latest interval that has ended at {instant:O}");

    public override DataInterval? Following(DataInterval interval) =>
        Ask(static (t, before) => t.Following(before), interval) is not { } i ? null
        : i.Start >= interval.End && i.End > i.Start ? i
        : throw Broken(i, $"asked for the interval after the one that ends at {interval.End:O}");

    public override DataInterval? Preceding(DataInterval interval) =>
        Ask(static (t, after) => t.Preceding(after), interval) is not { } i ? null
        : i.End <= interval.Start && i.End > i.Start ? i
        : throw Broken(i, $"asked for the interval before the one that starts at {interval.Start:O}");

    public override long Count(DateTimeOffset from, DateTimeOffset to)
    {
        if (!_counts)
        {
            return base.Count(from, to);
        }

        var count = Ask(static (t, span) => t.Count(span.From, span.To), (From: from, To: to));
        return count >= 0 ? count
            : throw new TimetableException(_pipeline, FormattableString.Invariant($"The timetable of pipeline {_pipeline} breaks a rule: it counted {count} intervals from {from:O} to {to:O}"));
    }

    private TAnswer Ask<TValue, TAnswer>(Func<Timetable, TValue, TAnswer> question, TValue value)
    {
        try
        {
            return question(_inner, value);
        }
        catch (Exception error)
        {
            // Users' code may throw anything.
            throw new TimetableException(_pipeline, $"The timetable of pipeline {_pipeline} threw {error.GetType().Name}: {error.Message}", error);
        }
    }

    /// <summary>An answer that does not move on would be asked for without end.</summary>
    private TimetableException Broken(DataInterval answer, FormattableString asked) =>
        new(_pipeline, FormattableString.Invariant($"The timetable of pipeline {_pipeline} breaks a rule: {FormattableString.Invariant(asked)}, it answered {answer.Start:O} to {answer.End:O}"));
}

/// <summary>A timetable cannot be asked.</summary>
internal sealed class TimetableException(string pipeline, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whose timetable it is.</summary>
    public string Pipeline { get; } = pipeline;
}
