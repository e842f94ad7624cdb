using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Tarn.Serving;

/// <summary>The log lines of fetching, events 6800 to 6849.</summary>
internal static partial class FetchEvents
{
    [LoggerMessage(6800, LogLevel.Warning, "A URL to fetch led to {Host} at {Address}, which is not public: it was not connected to")]
    public static partial void Refused(ILogger log, string host, IPAddress address);

    [LoggerMessage(6801, LogLevel.Information, "The host {Host} of a URL to fetch was not found ({Error})")]
    public static partial void NotResolved(ILogger log, string host, SocketError error);

    [LoggerMessage(6802, LogLevel.Information, "Fetching {Url} failed")]
    public static partial void Failed(ILogger log, Exception error, string url);
}
