using System.IO.Compression;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Compressed bodies, gzip and deflate (RFC 9110), both ways.</summary>
internal static class ContentCoding
{
    // A smaller answer travels in the same packet either way.
    private const int LeastToEncode = 1024;

    private static readonly StringValues Gzip = "gzip";
    private static readonly StringValues Deflate = "deflate";
    private static readonly StringValues AcceptEncoding = "Accept-Encoding";

    /// <summary>A body as it was before it was compressed; the one that came is disposed of.</summary>
    /// <exception cref="TarnException">It is not what its header says, or larger than the limit.</exception>
    /// <exception cref="BadHttpRequestException">The coding is none of the two.</exception>
    public static PooledBuffer Decode(PooledBuffer body, StringValues codings, long limit)
    {
        using var encoded = body;
        var coding = codings.Count == 1 ? codings[0]! : codings.ToString();
        if (!MemoryMarshal.TryGetArray(encoded.WrittenMemory, out var bytes))
        {
            bytes = new ArraySegment<byte>(encoded.Written.ToArray());
        }

        using var source = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        using Stream stream = coding.ToUpperInvariant() switch
        {
            "GZIP" or "X-GZIP" => new GZipStream(source, CompressionMode.Decompress),
            "DEFLATE" => new ZLibStream(source, CompressionMode.Decompress),
            _ => throw new BadHttpRequestException($"A body is sent as it is, or with the Content-Encoding gzip or deflate, not {coding}.", StatusCodes.Status415UnsupportedMediaType),
        };
        var plain = PooledBuffer.Rent();
        try
        {
            while (true)
            {
                var read = stream.Read(plain.GetSpan(16384));
                if (read == 0)
                {
                    return plain;
                }

                plain.Advance(read);
                if (plain.Length > limit)
                {
                    throw RequestBody.TooLarge(plain.Length, limit);
                }
            }
        }
        catch (InvalidDataException error)
        {
            plain.Dispose();
            throw TarnException.InvalidInput("A compressed body is what its Content-Encoding says, whole.", $"{coding}: {error.Message}", "Send all of it, or send it uncompressed.");
        }
        catch
        {
            plain.Dispose();
            throw;
        }
    }

    /// <summary>Compresses an answer where the client takes that and it is worth it, and sets the headers that say so; null where it is sent as it is.</summary>
    public static MemoryStream? Encode(HttpContext http, ReadOnlySpan<byte> body)
    {
        var accepted = http.Request.Headers.AcceptEncoding;
        if (accepted.Count == 0 || body.Length < LeastToEncode)
        {
            return null;
        }

        var coding = Accepts(accepted, "gzip") ? Gzip : Accepts(accepted, "deflate") ? Deflate : default;
        if (coding.Count == 0)
        {
            return null;
        }

        var encoded = new MemoryStream();
        using (Stream stream = coding == Gzip ? new GZipStream(encoded, CompressionLevel.Fastest, leaveOpen: true) : new ZLibStream(encoded, CompressionLevel.Fastest, leaveOpen: true))
        {
            stream.Write(body);
        }

        http.Response.Headers.ContentEncoding = coding;
        http.Response.Headers.Vary = AcceptEncoding;
        return encoded;
    }

    /// <summary>Whether a coding is among those of a header <c>Accept-Encoding</c>, and not with the weight 0.</summary>
    private static bool Accepts(StringValues header, string coding)
    {
        foreach (var line in header)
        {
            foreach (var part in line.AsSpan().Split(','))
            {
                var item = line.AsSpan(part);
                var weight = item.IndexOf(';');
                var name = (weight < 0 ? item : item[..weight]).Trim();
                if (name.Equals(coding, StringComparison.OrdinalIgnoreCase))
                {
                    var value = weight < 0 ? [] : item[(weight + 1)..].Trim();
                    return !value.StartsWith("q=", StringComparison.OrdinalIgnoreCase) || value[2..].IndexOfAnyExcept('0', '.') >= 0;
                }
            }
        }

        return false;
    }
}
