using Microsoft.Extensions.Logging;

namespace Tarn.Tests;

internal static partial class TaskLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "{Text}")]
    public static partial void LogInformationText(this ILogger logger, string text);

    [LoggerMessage(9002, LogLevel.Information, "{Notes} notes are in the topic")]
    public static partial void LogProduced(this ILogger logger, int notes);
}
