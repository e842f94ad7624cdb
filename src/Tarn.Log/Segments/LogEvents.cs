using Microsoft.Extensions.Logging;

namespace Tarn.Log;

/// <summary>The log lines of the log, events 2000 to 2999.</summary>
internal static partial class LogEvents
{
    [LoggerMessage(2001, LogLevel.Warning, "{File} was torn at byte {Position} ({Reason}): {Bytes} bytes that no writer was told are stored were removed; the partition ends at offset {Next}")]
    public static partial void TornTail(ILogger log, string file, long position, string? reason, long bytes, long next);

    [LoggerMessage(2002, LogLevel.Error, "{File} is damaged at byte {Position} ({Reason}), and whole records follow: {Bytes} bytes were moved to {Aside}; the partition ends at offset {Next}")]
    public static partial void DamagedTail(ILogger log, string file, long position, string? reason, long bytes, string aside, long next);

    [LoggerMessage(2003, LogLevel.Information, "Retention removed {Segments} segments of {Topic}/{Partition}; it now begins at offset {Low}")]
    public static partial void Retained(ILogger log, int segments, string topic, int partition, long low);

    [LoggerMessage(2004, LogLevel.Error, "Retention of {Topic}/{Partition} failed; it is tried again in the next round")]
    public static partial void RetentionFailed(ILogger log, Exception error, string topic, int partition);

    [LoggerMessage(2005, LogLevel.Error, "Flushing {File} failed")]
    public static partial void FlushFailed(ILogger log, Exception error, string file);

    [LoggerMessage(2006, LogLevel.Information, "Topic {Topic} has {Partitions} partitions")]
    public static partial void TopicMade(ILogger log, string topic, int partitions);

    [LoggerMessage(2007, LogLevel.Error, "A handler of the log's Appended event failed")]
    public static partial void HandlerFailed(ILogger log, Exception error);
}
