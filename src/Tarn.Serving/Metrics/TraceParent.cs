using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Tarn.Serving;

/// <summary>The trace that a request belongs to, by W3C's Trace Context (https://www.w3.org/TR/trace-context/).</summary>
internal static class TraceParent
{
    private const int Length = 55;

    /// <summary>The id of the request's trace in 32 digits, also where nobody listens to traces; empty where it has none.</summary>
    public static ReadOnlySpan<char> TraceIdOf(HttpContext http) =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.TraceId.ToHexString() : TraceIdOf(http.Request.Headers.TraceParent.Count == 1 ? http.Request.Headers.TraceParent[0] : null);

    /// <summary>The trace's id in a header's value; empty where that is none.</summary>
    public static ReadOnlySpan<char> TraceIdOf(ReadOnlySpan<char> header)
    {
        // version "-" trace-id "-" parent-id "-" flags; later versions may have more behind it.
        if (header.Length < Length || header[2] != '-' || header[35] != '-' || header[52] != '-' || (header.Length > Length && (header[Length] != '-' || header.StartsWith("00"))))
        {
            return default;
        }

        var trace = header.Slice(3, 32);
        var parent = header.Slice(36, 16);
        return IsHex(header[..2]) && !header.StartsWith("ff") && IsHex(trace) && trace.ContainsAnyExcept('0') && IsHex(parent) && parent.ContainsAnyExcept('0') && IsHex(header.Slice(53, 2)) ? trace : default;
    }

    private static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept("0123456789abcdef");
}
