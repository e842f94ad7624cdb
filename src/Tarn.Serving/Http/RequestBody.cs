using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Reads the whole body of a request into pooled memory.</summary>
internal static class RequestBody
{
    // The limit stands above; what is announced is not taken on trust beyond a megabyte before that has come, and from then on beyond so many times what has come.
    private const int Trusted = 1 << 20;
    private const int Growth = 15;

    // Kestrel's default, less some.
    private const long ServerLimit = 16 << 20;

    /// <summary>Reads it; the caller disposes of what it gets.</summary>
    /// <param name="http">The request.</param>
    /// <param name="limit">Bytes at most.</param>
    /// <param name="indent">See <see cref="PooledBuffer.Indent"/>.</param>
    /// <exception cref="TarnException">It is larger than the limit.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<PooledBuffer> ReadAsync(HttpContext http, long limit, int indent = 0)
    {
        if (http.Request.ContentLength is { } announced && announced > limit)
        {
            throw TooLarge(announced, limit);
        }

        RaiseServerLimit(http, limit);
        var body = PooledBuffer.Rent();
        try
        {
            body.Indent(indent);
            if (http.Request.ContentLength is { } length)
            {
                body.Ensure((int)Math.Min(length, Trusted));
            }

            var reader = http.Request.BodyReader;
            while (true)
            {
                var result = await reader.ReadAsync().ConfigureAwait(false);
                if (body.Length + result.Buffer.Length > Trusted && http.Request.ContentLength is { } announcedLength && announcedLength > body.Length)
                {
                    body.Ensure((int)Math.Min(announcedLength - body.Length, Math.Max(Growth * (long)body.Length, result.Buffer.Length)));
                }

                Copy(result, body);
                reader.AdvanceTo(result.Buffer.End);
                if (body.Length > limit)
                {
                    throw TooLarge(body.Length, limit);
                }

                if (result.IsCompleted || result.IsCanceled)
                {
                    break;
                }
            }
        }
        catch (IOException error) when (error is not BadHttpRequestException)
        {
            // So the server tells of a chunk whose length no number holds, and of a connection that broke.
            body.Dispose();
            throw new BadHttpRequestException($"A body comes whole, as its headers and chunks announce it: {error.Message}", StatusCodes.Status400BadRequest, error);
        }
        catch
        {
            body.Dispose();
            throw;
        }

        return http.Request.Headers.ContentEncoding is { Count: > 0 } coding && coding != "identity" ? ContentCoding.Decode(body, coding, limit) : body;
    }

    /// <summary>Says when nobody waits for the answer any more. It is the connection's own token: one for each request would be made for each request.</summary>
    public static CancellationToken Gone(HttpContext http) => http.Features.Get<IConnectionLifetimeFeature>()?.ConnectionClosed ?? CancellationToken.None;

    /// <summary>Whether an error is that of a body over its limit, which has a status of its own.</summary>
    public static bool IsTooLarge(TarnException error) => error.Data.Contains(typeof(RequestBody));

    private static void Copy(ReadResult result, PooledBuffer body)
    {
        foreach (var segment in result.Buffer)
        {
            body.Write(segment.Span);
        }
    }

    // The server has a limit of its own for all requests; a model's is what counts here.
    private static void RaiseServerLimit(HttpContext http, long limit)
    {
        if (http.Request.ContentLength is null or > ServerLimit && http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = limit;
        }
    }

    /// <summary>The error of a body over its limit.</summary>
    public static TarnException TooLarge(long bytes, long limit)
    {
        var error = TarnException.InvalidInput(
            string.Create(CultureInfo.InvariantCulture, $"The body of this request has at most {limit} bytes."),
            string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
            "Send it in parts, or raise the model's MaxRequestBytes.");
        error.Data[typeof(RequestBody)] = true;
        return error;
    }
}
