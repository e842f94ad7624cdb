using System.Net;

namespace Quakes.Usgs;

/// <summary>What one request came to, where it came to nothing; the transport's own, turned into a <see cref="Tarn.Core.TarnException"/> when it gives up.</summary>
internal sealed class UsgsException(string message, bool isTransient, HttpStatusCode? status = null, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Whether trying again can help: 408, 429, 5xx, a broken connection, no answer in time.</summary>
    public bool IsTransient { get; } = isTransient;

    public HttpStatusCode? Status { get; } = status;

    public TimeSpan? RetryAfter { get; } = retryAfter;
}
