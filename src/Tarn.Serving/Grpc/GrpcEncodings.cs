using System.Buffers;
using System.Buffers.Binary;
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

        // Some clients compress nothing to nothing.
        var size = (int)content.Length;
        if (size == 0)
        {
            length = 0;
            return options.Pool.Rent(1);
        }

        var compressed = options.Pool.Rent(size);
        try
        {
            content.CopyTo(compressed);
            using var source = new MemoryStream(compressed, 0, size, writable: false);

            // What gRPC calls deflate is the format of zlib, as HTTP does.
            using Stream stream = encoding == "gzip" ? new GZipStream(source, CompressionMode.Decompress) : new ZLibStream(source, CompressionMode.Decompress);
            var message = Read(stream, size, options, out length);
            if (!IsWhole(compressed.AsSpan(0, size), message.AsSpan(0, length), encoding))
            {
                options.Pool.Return(message);
                throw Broken(encoding, null);
            }

            return message;
        }
        catch (InvalidDataException fault)
        {
            throw Broken(encoding, fault);
        }
        finally
        {
            options.Pool.Return(compressed);
        }
    }

    private static GrpcException Broken(string encoding, Exception? fault) =>
        new(GrpcStatus.Internal, $"A message that is marked as {encoding} cannot be decompressed.", fault);

    /// <summary>Compares the last four bytes, which tell of the content: the framework's streams take what is cut off as an end.</summary>
    private static bool IsWhole(ReadOnlySpan<byte> compressed, ReadOnlySpan<byte> content, string encoding)
    {
        const int GzipFrame = 18;
        const int ZlibFrame = 6;
        if (compressed.Length < (encoding == "gzip" ? GzipFrame : ZlibFrame))
        {
            return false;
        }

        var last = compressed[^sizeof(uint)..];
        return encoding == "gzip"
            ? BinaryPrimitives.ReadUInt32LittleEndian(last) == (uint)content.Length
            : BinaryPrimitives.ReadUInt32BigEndian(last) == Adler32(content);
    }

    /// <summary>The checksum of zlib's format (RFC 1950).</summary>
    private static uint Adler32(ReadOnlySpan<byte> content)
    {
        const uint Prime = 65521;

        // So many additions fit before the sums have to be reduced.
        const int Run = 5552;
        var (sum, sums) = (1u, 0u);
        while (!content.IsEmpty)
        {
            var run = content[..Math.Min(Run, content.Length)];
            foreach (var octet in run)
            {
                sum += octet;
                sums += sum;
            }

            (sum, sums) = (sum % Prime, sums % Prime);
            content = content[run.Length..];
        }

        return (sums << 16) | sum;
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
