using Microsoft.Extensions.Logging;

namespace Tarn.S3;

/// <summary>What the store tells. Event ids 8100 to 8199.</summary>
internal static partial class S3Log
{
    [LoggerMessage(8100, LogLevel.Information, "Creating {Key} failed in a way that leaves its outcome open ({Attempt}. try); it is tried again")]
    public static partial void PutRepeated(this ILogger log, string key, int attempt, Exception cause);

    [LoggerMessage(8101, LogLevel.Information, "{Key} is there by an earlier try of ours, whose answer was lost")]
    public static partial void PutFoundOwn(this ILogger log, string key);

    [LoggerMessage(8102, LogLevel.Warning, "The upload of {Key} failed, and its parts could not be removed; VACUUM will find them")]
    public static partial void UploadLeft(this ILogger log, string key, Exception cause);
}
