using Microsoft.Extensions.Logging;

namespace Tarn.Serving;

/// <summary>The log lines of the prediction log, events 6850 to 6899.</summary>
internal static partial class PredictionEvents
{
    [LoggerMessage(6850, LogLevel.Warning, "{File} holds {Bytes} bytes of predictions that were not recorded whole: the process ended or the power failed while they were written")]
    public static partial void Torn(ILogger log, string file, long bytes);

    [LoggerMessage(6851, LogLevel.Error, "{File} is no journal of predictions ({Reason}); it was moved to {Aside}")]
    public static partial void Damaged(ILogger log, string file, string reason, string aside);

    [LoggerMessage(6852, LogLevel.Error, "A further file of the journal of predictions cannot be made")]
    public static partial void CannotGrow(ILogger log, Exception error);

    [LoggerMessage(6853, LogLevel.Error, "The journal of predictions cannot be flushed: a power cut could lose what was recorded since")]
    public static partial void FlushFailed(ILogger log, Exception error);

    [LoggerMessage(6854, LogLevel.Warning, "Moving predictions into topic {Topic} failed; tried again in {Seconds} s")]
    public static partial void MoveFailed(ILogger log, string topic, double seconds, Exception error);

    [LoggerMessage(6855, LogLevel.Warning, "{File} cannot be removed; its predictions are in the topic")]
    public static partial void NotRemoved(ILogger log, Exception error, string file);

}
