using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Tarn.Serving;

/// <summary>The form in which metrics are told.</summary>
internal enum MetricsFormat
{
    /// <summary>Prometheus's text format, version 0.0.4.</summary>
    Prometheus,

    /// <summary>OpenMetrics, version 1.0.0.</summary>
    OpenMetrics,
}

/// <summary>Which form a client is answered in.</summary>
internal static class MetricsFormats
{
    private const string OpenMetricsType = "application/openmetrics-text";

    /// <summary>OpenMetrics where the client's <c>Accept</c> ranks it at least as high as text; text otherwise, also for clients that ask for what there is not.</summary>
    public static MetricsFormat Choose(StringValues accept)
    {
        if (!MediaTypeHeaderValue.TryParseList(accept, out var ranges))
        {
            return MetricsFormat.Prometheus;
        }

        var (open, text) = (0.0, 0.0);
        foreach (var range in ranges)
        {
            var quality = range.Quality ?? 1;
            if (range.MediaType.Equals(OpenMetricsType, StringComparison.OrdinalIgnoreCase) && IsVersionOne(range))
            {
                open = Math.Max(open, quality);
            }
            else if (range.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase))
            {
                text = Math.Max(text, quality);
            }
        }

        return open > 0 && open >= text ? MetricsFormat.OpenMetrics : MetricsFormat.Prometheus;
    }

    /// <summary>The content type of an answer.</summary>
    public static string TypeOf(MetricsFormat format) =>
        format == MetricsFormat.OpenMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8";

    private static bool IsVersionOne(MediaTypeHeaderValue range)
    {
        foreach (var parameter in range.Parameters)
        {
            if (parameter.Name.Equals("version", StringComparison.OrdinalIgnoreCase))
            {
                return parameter.GetUnescapedValue() is { Length: > 0 } version && version.StartsWith("1.", StringComparison.Ordinal);
            }
        }

        return true;
    }
}
