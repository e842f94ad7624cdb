using Microsoft.Extensions.Logging;

namespace Tarn.Postgres;

internal static partial class PostgresLog
{
    [LoggerMessage(8001, LogLevel.Debug, "{Sink}: {Topic}/{Partition} up to {NextOffset}: {Records} records, {Inserted} inserted, {Updated} updated")]
    public static partial void Written(ILogger log, string sink, string topic, int partition, long nextOffset, int records, long inserted, long updated);

    [LoggerMessage(8002, LogLevel.Warning, "{Sink}: the connection broke ({Reason}); trying again on a new one")]
    public static partial void TryingAgain(ILogger log, string sink, string reason);
}
