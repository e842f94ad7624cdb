using System.Buffers;
using System.IO.Compression;

namespace Tarn.Serving;

/// <summary>The encodings in which a client may send messages. Answers are never compressed.</summary>
internal static class GrpcEncodings
{
    /// <summary>What stands in <c>grpc-accept-encoding</c>.</summary>
    public const string Accepted = "identity,deflate,gzip";

    /// <summary>Decompresses a message, at most to the size that a message may have.</summary>
    /// <param name="content">The compressed message.</param>
    /// <param name="encoding">What <c>grpc-encoding</c> says.</param>
    /// <param name="options">The limit, and the pool that the answer is rented from.</param>
    /// <param name="length">How many bytes of the answer are the message.</param>
    /// <exception cref="GrpcException">The encoding is missing or not known, the bytes are not of it, or the message is too large.</exception>
    public static byte[] Inflate(in ReadOnlySequence<byte> content, string? encoding, GrpcOptions options, out int length)
    {
        if (encoding is null or "identity")
        {
            throw new GrpcException(GrpcStatus.Internal, "A message is marked as compressed, and the header grpc-encoding names no compression.");
        }

        if (encoding is not ("gzip" or "deflate"))
        {
            throw new GrpcException(GrpcStatus.Unimplemented, $"Messages are compressed as one of {Accepted}, not as {encoding}.");
        }

        var size = (int)content.Length;
        var compressed = options.Pool.Rent(Math.Max(1, size));
        try
        {
            content.CopyTo(compressed);
            using var source = new MemoryStream(compressed, 0, size, writable: false);

            // What gRPC calls deflate is the format of zlib, as HTTP does.
            using Stream stream = encoding == "gzip" ? new GZipStream(source, CompressionMode.Decompress) : new ZLibStream(source, CompressionMode.Decompress);
            return Read(stream, size, options, out length);
        }
        catch (InvalidDataException fault)
        {
            throw new GrpcException(GrpcStatus.Internal, $"A message that is marked as {encoding} cannot be decompressed.", fault);
        }
        finally
        {
            options.Pool.Return(compressed);
        }
    }

    private static byte[] Read(Stream stream, int compressed, GrpcOptions options, out int length)
    {
        // One byte more than is allowed shows that there is more.
        var most = (long)options.MaxMessageBytes + 1;
        var buffer = options.Pool.Rent((int)Math.Min(most, Math.Max(1024, compressed * 4L)));
        var kept = false;
        try
        {
            length = 0;
            while (true)
            {
                var read = stream.Read(buffer, length, (int)Math.Min(buffer.Length, most) - length);
                length += read;
                if (length >= most)
                {
                    throw new GrpcException(GrpcStatus.ResourceExhausted, $"A message has at most {options.MaxMessageBytes} bytes; decompressed, one has more.");
                }

                if (read == 0)
                {
                    kept = true;
                    return buffer;
                }

                if (length == buffer.Length)
                {
                    var larger = options.Pool.Rent((int)Math.Min(most, buffer.Length * 2L));
                    buffer.AsSpan(0, length).CopyTo(larger);
                    options.Pool.Return(buffer);
                    buffer = larger;
                }
            }
        }
        finally
        {
            if (!kept)
            {
                options.Pool.Return(buffer);
            }
        }
    }
}
