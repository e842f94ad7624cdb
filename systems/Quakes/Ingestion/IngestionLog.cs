using Microsoft.Extensions.Logging;

namespace Quakes.Ingestion;

/// <summary>What the pipelines' tasks say of themselves in their attempts' logs.</summary>
internal static partial class IngestionLog
{
    [LoggerMessage(9100, LogLevel.Information, "Asking {Feed} for what changed after {Since:u}")]
    public static partial void Asking(ILogger log, string feed, DateTimeOffset since);

    [LoggerMessage(9101, LogLevel.Information, "Reading {Name} of {Feed}")]
    public static partial void Reading(ILogger log, string feed, string name);

    [LoggerMessage(9102, LogLevel.Information, "{Name} has not changed since it was last taken in")]
    public static partial void NotModified(ILogger log, string name);

    [LoggerMessage(9103, LogLevel.Information, "Received {Received}: {New} new, {Changed} changed, {Unchanged} as known, {Older} older versions, {Quarantined} put into quarantine")]
    public static partial void Received(ILogger log, int received, int @new, int changed, int unchanged, int older, int quarantined);

    [LoggerMessage(9104, LogLevel.Information, "{Vanished} known events are no longer shown, and are withdrawn")]
    public static partial void Vanished(ILogger log, int vanished);

    [LoggerMessage(9105, LogLevel.Information, "The summary does not reach the interval {Start:u} to {End:u}; its events are asked for by their time")]
    public static partial void OfInterval(ILogger log, DateTimeOffset start, DateTimeOffset end);

    [LoggerMessage(9106, LogLevel.Information, "Merged {Records} records of the topic into silver and its history")]
    public static partial void Merged(ILogger log, long records);

    [LoggerMessage(9107, LogLevel.Information, "Counted {Hours} hours and {Bins} magnitude bins anew")]
    public static partial void Counted(ILogger log, int hours, int bins);

    [LoggerMessage(9108, LogLevel.Warning, "The feed's own time is not to be had ({Reason}); our clock is used")]
    public static partial void NoFeedTime(ILogger log, string reason);
}
