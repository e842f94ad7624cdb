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

    public override DataInterval? StartingAtOrAfter(DateTimeOffset instant)
    {
        DataInterval? answer;
        try
        {
            answer = _inner.StartingAtOrAfter(instant);
        }
        catch (Exception error)
        {
            throw Thrown(error);
        }

        return answer is { } i && (i.Start < instant || i.End <= i.Start) ? throw Broken(i, $"asked for the interval that starts at or after {instant:O}") : answer;
    }

    public override DataInterval? LatestComplete(DateTimeOffset instant)
    {
        DataInterval? answer;
        try
        {
            answer = _inner.LatestComplete(instant);
        }
        catch (Exception error)
        {
            throw Thrown(error);
        }

        return answer is { } i && (i.End > instant || i.End <= i.Start) ? throw Broken(i, $"asked for the latest interval that has ended at {instant:O}") : answer;
    }

    public override DataInterval? Following(DataInterval interval)
    {
        DataInterval? answer;
        try
        {
            answer = _inner.Following(interval);
        }
        catch (Exception error)
        {
            throw Thrown(error);
        }

        return answer is { } i && (i.Start < interval.End || i.End <= i.Start) ? throw Broken(i, $"asked for the interval after the one that ends at {interval.End:O}") : answer;
    }

    public override DataInterval? Preceding(DataInterval interval)
    {
        DataInterval? answer;
        try
        {
            answer = _inner.Preceding(interval);
        }
        catch (Exception error)
        {
            throw Thrown(error);
        }

        return answer is { } i && (i.End > interval.Start || i.End <= i.Start) ? throw Broken(i, $"asked for the interval before the one that starts at {interval.Start:O}") : answer;
    }

    public override long Count(DateTimeOffset from, DateTimeOffset to)
    {
        if (!_counts)
        {
            return base.Count(from, to);
        }

        long count;
        try
        {
            count = _inner.Count(from, to);
        }
        catch (Exception error)
        {
            throw Thrown(error);
        }

        return count >= 0 ? count
            : throw new TimetableException(_pipeline, FormattableString.Invariant($"The timetable of pipeline {_pipeline} breaks a rule: it counted {count} intervals from {from:O} to {to:O}"));
    }

    private TimetableException Thrown(Exception error) => new(_pipeline, $"The timetable of pipeline {_pipeline} threw {error.GetType().Name}: {error.Message}", error);

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
