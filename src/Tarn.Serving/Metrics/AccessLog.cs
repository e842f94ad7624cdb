using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Tarn.Serving;

/// <summary>Which requests are written down in the access log.</summary>
public enum AccessLogLevel
{
    /// <summary>None.</summary>
    Off,

    /// <summary>Those that were answered with an error: an HTTP status of 400 or more, or a gRPC status other than 0.</summary>
    Errors,

    /// <summary>All.</summary>
    All,
}

/// <summary>How the access log is kept.</summary>
/// <param name="Level">Which requests it has; default <see cref="AccessLogLevel.Errors"/>.</param>
/// <param name="MaxWaiting">Lines that wait to be written at most, 16 to 1,000,000; what is beyond is dropped and counted. Default 8,192.</param>
public sealed record AccessLogOptions(AccessLogLevel Level = AccessLogLevel.Errors, int MaxWaiting = 8192);

/// <summary>
/// A line for each request of the serving protocols, in the log category <c>Tarn.Access</c>. Requests leave what is to be written in a bounded queue and go on; one reader writes it. Where lines
/// come faster than the log takes them, they are dropped and counted.
/// </summary>
internal sealed partial class AccessLog : IAsyncDisposable
{
    /// <summary>The log category.</summary>
    public const string Category = "Tarn.Access";

    private readonly AccessLogLevel _level;
    private readonly ILogger _log;
    private readonly Channel<AccessEntry> _lines;
    private readonly Task _writing;
    private long _dropped;

    public AccessLog(AccessLogOptions options, ILoggerFactory loggers)
    {
        (_level, _log) = (options.Level, loggers.CreateLogger(Category));
        _lines = Channel.CreateBounded<AccessEntry>(new BoundedChannelOptions(Math.Clamp(options.MaxWaiting, 16, 1_000_000)) { SingleReader = true });
        _writing = _level == AccessLogLevel.Off ? Task.CompletedTask : Task.Run(WriteAsync);
    }

    /// <summary>Lines that were not written since the log could not keep up.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Whether a request is to be written down.</summary>
    public bool Takes(bool isError) => _level switch
    {
        AccessLogLevel.Off => false,
        AccessLogLevel.Errors => isError && _log.IsEnabled(LogLevel.Information),
        _ => _log.IsEnabled(LogLevel.Information),
    };

    /// <summary>Writes a request down, soon, or counts it as dropped. Waits for nothing.</summary>
    public void Add(in AccessEntry entry)
    {
        if (!_lines.Writer.TryWrite(entry))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Writes what waits, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        await foreach (var entry in _lines.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            Write(entry);
        }
    }

    private void Write(in AccessEntry entry) => Line(
        AccessEntry.Clean(entry.Method),
        AccessEntry.Clean(entry.Path),
        entry.Status,
        entry.Grpc is { } grpc ? ((int)grpc).ToString(CultureInfo.InvariantCulture) : "-",
        entry.Bytes ?? -1,
        Math.Round(entry.Took.TotalMilliseconds, 3),
        AccessEntry.Clean(entry.Caller),
        entry.TraceId ?? "-",
        entry.Model ?? "-",
        entry.Version ?? "-",
        entry.Endpoint ?? "-",
        entry.Variant ?? "-");

    [LoggerMessage(
        5120,
        LogLevel.Information,
        "{Method} {Path} {Status} grpc {GrpcStatus} {Bytes} B {Milliseconds} ms caller {Caller} trace {TraceId} model {Model} {Version} endpoint {Endpoint} {Variant}")]
    private partial void Line(
        string method, string path, int status, string grpcStatus, long bytes, double milliseconds, string caller, string traceId, string model, string version, string endpoint, string variant);
}
