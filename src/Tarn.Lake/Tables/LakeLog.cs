using Microsoft.Extensions.Logging;

namespace Tarn.Lake;

/// <summary>What the lake tells. Event ids 3000 to 3099.</summary>
internal static partial class LakeLog
{
    [LoggerMessage(3000, LogLevel.Debug, "Table {Table}: version {Version}, {Operation}, {RowsAdded} rows in new files, {RowsRemoved} in replaced ones")]
    public static partial void Committed(this ILogger log, string table, long version, string operation, long rowsAdded, long rowsRemoved);

    [LoggerMessage(3001, LogLevel.Warning, "Table {Table}: the file {File} of a commit that was not made could not be removed; VACUUM will find it")]
    public static partial void FileLeft(this ILogger log, string table, string file, Exception cause);

    [LoggerMessage(3002, LogLevel.Warning, "Table {Table}: no checkpoint could be written at version {Version}; the next is tried later, and reading takes longer meanwhile")]
    public static partial void CheckpointFailed(this ILogger log, string table, long version, Exception cause);

    [LoggerMessage(3003, LogLevel.Information, "Table {Table}: packed {Removed} files into {Added}")]
    public static partial void Optimized(this ILogger log, string table, int removed, int added);

    [LoggerMessage(3004, LogLevel.Warning, "Table {Table}: small files could not be packed together; it is tried again after a later write")]
    public static partial void OptimizeFailed(this ILogger log, string table, Exception cause);

    [LoggerMessage(3005, LogLevel.Information, "Table {Table}: removed {Files} unused files, {Bytes} bytes")]
    public static partial void Vacuumed(this ILogger log, string table, int files, long bytes);

    [LoggerMessage(3006, LogLevel.Information, "Table {Table}: removed {Files} files of the log that are older than its retention")]
    public static partial void LogCleaned(this ILogger log, string table, int files);
}
