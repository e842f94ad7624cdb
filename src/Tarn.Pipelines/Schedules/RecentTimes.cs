namespace Tarn.Pipelines;

/// <summary>
/// A few times of a schedule that follow each other, the ones found last. A scheduler asks for the same times several times in a row as each comes up, and where a thousand pipelines are
/// due at once, finding them anew would be a good part of their lag. Safe for use by several threads.
/// </summary>
internal sealed class RecentTimes
{
    private const int Most = 4;

    private volatile DateTimeOffset[] _times = [];

    /// <summary>The first time after an instant, where it is known.</summary>
    public DateTimeOffset? Next(DateTimeOffset instant)
    {
        var times = _times;
        if (times.Length == 0 || instant < times[0])
        {
            return null;
        }

        foreach (var time in times)
        {
            if (time > instant)
            {
                return time;
            }
        }

        return null;
    }

    /// <summary>The last time before an instant, where it is known, or follows from the time after the last that is.</summary>
    public DateTimeOffset? Previous(DateTimeOffset instant, CronSchedule schedule)
    {
        var times = _times;
        if (times.Length == 0 || instant <= times[0])
        {
            return null;
        }

        for (var i = times.Length - 1; i >= 0; i--)
        {
            if (times[i] < instant)
            {
                return i < times.Length - 1 || schedule.Next(times[i]) >= instant ? times[i] : null;
            }
        }

        return null;
    }

    /// <summary>Notes that a time is the first of the schedule after an instant.</summary>
    public void Add(DateTimeOffset instant, DateTimeOffset time)
    {
        var times = _times;
        _times = times.Length > 0 && times[^1] == instant ? [.. times.AsSpan(Math.Max(0, times.Length - Most + 1)), time] : [time];
    }
}
