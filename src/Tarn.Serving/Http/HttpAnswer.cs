using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Sends what was written into a buffer as an answer.</summary>
internal static class HttpAnswer
{
    private static readonly StringValues Json = "application/json";

    /// <summary>Sends JSON, at once where the connection takes it.</summary>
    public static Task SendJson(HttpContext http, PooledBuffer body, int status = StatusCodes.Status200OK)
    {
        http.Response.StatusCode = status;
        http.Response.Headers.ContentType = Json;
        return Send(http, body);
    }

    /// <summary>Sends the bytes; headers are set.</summary>
    public static Task Send(HttpContext http, PooledBuffer body)
    {
        if (ContentCoding.Encode(http, body.Written) is { } encoded)
        {
            return SendBytes(http, encoded.GetBuffer().AsSpan(0, (int)encoded.Length));
        }

        return SendBytes(http, body.Written);
    }

    private static Task SendBytes(HttpContext http, ReadOnlySpan<byte> left)
    {
        http.Response.ContentLength = left.Length;
        var writer = http.Response.BodyWriter;
        while (left.Length > 0)
        {
            var span = writer.GetSpan(Math.Min(left.Length, 4096));
            var part = Math.Min(span.Length, left.Length);
            left[..part].CopyTo(span);
            writer.Advance(part);
            left = left[part..];
        }

        // The server flushes when the handler returns: the answer leaves in one piece.
        return Task.CompletedTask;
    }

    /// <summary>The status of an error, by its kind.</summary>
    public static int StatusOf(TarnException error) => error.Kind switch
    {
        ErrorKind.InvalidInput when RequestBody.IsTooLarge(error) => StatusCodes.Status413PayloadTooLarge,
        ErrorKind.InvalidInput => StatusCodes.Status400BadRequest,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.Unsupported => StatusCodes.Status501NotImplemented,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Says when to try again, where the error does.</summary>
    public static void SetRetryAfter(HttpContext http, TarnException error)
    {
        if (error.RetryAfter is { } after)
        {
            http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }
    }
}
