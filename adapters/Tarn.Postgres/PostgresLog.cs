using Microsoft.Extensions.Logging;

namespace Tarn.Postgres;

internal static partial class PostgresLog
{
    [LoggerMessage(8001, LogLevel.Debug, "{Sink}: {Topic}/{Partition} up to {NextOffset}: {Records} records, {Inserted} inserted, {Updated} updated")]
    public static partial void Written(ILogger log, string sink, string topic, int partition, long nextOffset, int records, long inserted, long updated);

    [LoggerMessage(8002, LogLevel.Warning, "{Sink}: the connection broke ({Reason}); trying again on a new one")]
    public static partial void TryingAgain(ILogger log, string sink, string reason);

    [LoggerMessage(8010, LogLevel.Warning, "The metadata's connection to {Location} broke while a write was committed ({Reason}); asking whether it took effect")]
    public static partial void OutcomeAsked(ILogger log, string location, string reason);

    [LoggerMessage(8011, LogLevel.Information, "The metadata's idle connection to {Location} was broken ({Reason}); writing on a new one")]
    public static partial void WriterLost(ILogger log, string location, string reason);

    [LoggerMessage(8012, LogLevel.Warning, "The connection for the metadata's signals to {Database} broke ({Reason}); connecting again")]
    public static partial void SignalsLost(ILogger log, string database, string reason);

    [LoggerMessage(8013, LogLevel.Warning, "The metadata's PostgreSQL, {Location}, is not there yet ({Reason}); asking for up to {Seconds:0.#} s (Metadata:Postgres:StartTimeout)")]
    public static partial void Awaited(ILogger log, string location, double seconds, string reason);
}
