using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>Notices that the wall clock was set, by comparing it with the clock that only runs forwards.</summary>
internal sealed partial class ClockWatch(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Backwards = TimeSpan.FromSeconds(-2);
    private static readonly TimeSpan Forwards = TimeSpan.FromMinutes(2);

    private DateTimeOffset _wall = time.GetUtcNow();
    private long _ticks = time.GetTimestamp();

    /// <summary>Says so where the clock was set since the last look.</summary>
    public void Look()
    {
        var wall = time.GetUtcNow();
        var ticks = time.GetTimestamp();
        var jump = wall - _wall - time.GetElapsedTime(_ticks, ticks);
        if (jump < Backwards)
        {
            LogBackwards(logger, -jump, wall);
        }
        else if (jump > Forwards)
        {
            LogForwards(logger, jump, wall);
        }

        (_wall, _ticks) = (wall, ticks);
    }

    /// <summary>Says so where a schedule had already been run further than the clock shows.</summary>
    public void LookAtStart(IReadOnlyDictionary<string, DateTimeOffset> scheduledUntil)
    {
        var now = time.GetUtcNow();
        foreach (var (pipeline, until) in scheduledUntil)
        {
            if (until > now)
            {
                LogBehind(logger, pipeline, until, now);
            }
        }
    }

    [LoggerMessage(4050, LogLevel.Warning, "The clock moved backwards by {Jump}, to {Now:O}. No data interval is run again; schedules go on when the clock has reached where they were")]
    private static partial void LogBackwards(ILogger logger, TimeSpan jump, DateTimeOffset now);

    [LoggerMessage(4051, LogLevel.Information, "The clock moved forwards by {Jump}, to {Now:O}, or the machine slept: missed data intervals are treated as each pipeline's catch-up says")]
    private static partial void LogForwards(ILogger logger, TimeSpan jump, DateTimeOffset now);

    [LoggerMessage(4052, LogLevel.Warning, "Pipeline {Pipeline} has already been run up to {Until:O}, and the clock shows {Now:O}: it moved backwards. Nothing is run again; the schedule goes on when the clock has passed that moment")]
    private static partial void LogBehind(ILogger logger, string pipeline, DateTimeOffset until, DateTimeOffset now);
}
