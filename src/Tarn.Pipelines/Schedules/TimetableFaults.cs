using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>The timetables that cannot be asked at present: each is told, and asked again after a while. Till then its pipeline's schedule, backfills and repairs stand still, and no other's.</summary>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it is told.</param>
internal sealed partial class TimetableFaults(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> _since = new(StringComparer.Ordinal);

    /// <summary>How long a pipeline's timetable is not asked by duties; null where it may be asked.</summary>
    public TimeSpan? Left(string pipeline) =>
        _since.TryGetValue(pipeline, out var since) && Rest - time.GetElapsedTime(since) is var left && left > TimeSpan.Zero ? left : null;

    /// <summary>Notes what a timetable did, and tells it; returns how long it is left alone.</summary>
    public TimeSpan Note(TimetableException fault)
    {
        _since[fault.Pipeline] = time.GetTimestamp();
        LogTimetable(logger, fault.InnerException, fault.Message, Rest.TotalSeconds);
        return Rest;
    }

    [LoggerMessage(4079, LogLevel.Error, "{Fault}. Its schedule, backfills and repairs stand still; it is asked again in {Seconds} s")]
    private static partial void LogTimetable(ILogger logger, Exception? exception, string fault, double seconds);
}
