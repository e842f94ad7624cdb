using Microsoft.Extensions.Logging;

namespace Tarn.Streams;

/// <summary>The log lines of streams, events 5000 to 5999.</summary>
internal static partial class StreamEvents
{
    [LoggerMessage(5001, LogLevel.Debug, "{Sink} took {Topic}/{Partition} from offset {First} to {Next}: {Records} records")]
    public static partial void Written(ILogger log, string sink, string topic, int partition, long first, long next, long records);

    [LoggerMessage(5002, LogLevel.Warning, "Record {Topic}/{Partition}@{Offset} cannot be read and goes to quarantine: {Reason}")]
    public static partial void Quarantined(ILogger log, string topic, int partition, long offset, string reason);

    [LoggerMessage(5003, LogLevel.Warning, "{Sink} skips offsets {From} up to {To} of {Topic}/{Partition}, which retention removed")]
    public static partial void Skipped(ILogger log, string sink, string topic, int partition, long from, long to);

    [LoggerMessage(5004, LogLevel.Error, "{Sink} cannot take records of {Topic} and tries again in {Seconds} s")]
    public static partial void WriterFailed(ILogger log, string sink, string topic, double seconds, Exception cause);
}
