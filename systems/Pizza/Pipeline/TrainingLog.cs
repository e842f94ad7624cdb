using Microsoft.Extensions.Logging;

namespace Pizza.Pipeline;

/// <summary>What the tasks say of themselves in their attempts' logs.</summary>
internal static partial class TrainingLog
{
    [LoggerMessage(9200, LogLevel.Information, "The images: {Source}")]
    public static partial void Source(ILogger log, string source);

    [LoggerMessage(9201, LogLevel.Information, "Seen {Seen} files: {Added} came in, {Unchanged} are as known, {Updated} changed, {Replaced} gave way, {Refused} kept out")]
    public static partial void Imported(ILogger log, int seen, int added, int unchanged, int updated, int replaced, int refused);

    [LoggerMessage(9202, LogLevel.Warning, "Kept out: {File}: {Reason} {Remedy}")]
    public static partial void Refused(ILogger log, string file, string reason, string remedy);

    [LoggerMessage(9203, LogLevel.Information, "The newest model was trained on {Table} version {Version}: there is nothing new to learn from")]
    public static partial void NothingNew(ILogger log, string table, long version);
}
