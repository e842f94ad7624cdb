using Microsoft.Extensions.Logging;

namespace Tarn.Serving;

/// <summary>The log lines of remote clusters, events 5120 to 5129.</summary>
internal static partial class RemoteEvents
{
    [LoggerMessage(5120, LogLevel.Warning, "Remote cluster {Cluster}: {Url} is not asked until it is healthy again: {Reason}")]
    public static partial void Unhealthy(ILogger log, string cluster, string url, string reason);

    [LoggerMessage(5121, LogLevel.Information, "Remote cluster {Cluster}: {Url} is healthy again")]
    public static partial void Healthy(ILogger log, string cluster, string url);

    [LoggerMessage(5122, LogLevel.Warning, "Remote cluster {Cluster}: {Url} is left out until {Until}: {Reason}")]
    public static partial void Ejected(ILogger log, string cluster, string url, DateTimeOffset until, string reason);

    [LoggerMessage(5123, LogLevel.Information, "Remote cluster {Cluster}: {Url} is asked again")]
    public static partial void Returned(ILogger log, string cluster, string url);

    [LoggerMessage(5124, LogLevel.Debug, "Remote cluster {Cluster}: {Url} did not answer a call: {Reason}")]
    public static partial void NotAnswered(ILogger log, string cluster, string url, string reason);

    [LoggerMessage(5125, LogLevel.Warning, "Remote cluster {Cluster}: an answer of {Url} broke off after it had begun to be passed on: {Reason}")]
    public static partial void BrokenOff(ILogger log, string cluster, string url, string reason);
}
