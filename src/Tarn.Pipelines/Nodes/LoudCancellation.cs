using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>Cancels for code of others: what their registrations throw is said, and stops neither the end of a process nor a timer.</summary>
internal static partial class LoudCancellation
{
    public static void CancelLoudly(this CancellationTokenSource source, ILogger logger)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException error)
        {
            // All registrations were called nevertheless.
            LogThrew(logger, error);
        }
    }

    [LoggerMessage(4078, LogLevel.Warning, "Code that was registered for a cancellation threw")]
    private static partial void LogThrew(ILogger logger, Exception exception);
}
