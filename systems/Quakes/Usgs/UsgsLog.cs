using Microsoft.Extensions.Logging;

namespace Quakes.Usgs;

internal static partial class UsgsLog
{
    [LoggerMessage(9001, LogLevel.Warning, "Try {Attempt} failed ({Reason}); the next follows in {DelayMs:0} ms")]
    public static partial void Retrying(ILogger log, int attempt, double delayMs, string reason);

    [LoggerMessage(9002, LogLevel.Information, "A window of more than {Limit} events is split at {Middle}")]
    public static partial void Splitting(ILogger log, int limit, string middle);

    [LoggerMessage(9003, LogLevel.Information, "The catalogue moved while it was being paged; the window is read again")]
    public static partial void Moved(ILogger log);

    [LoggerMessage(9004, LogLevel.Information, "The service gives at most {Limit} events of one query")]
    public static partial void SmallerLimit(ILogger log, int limit);
}
