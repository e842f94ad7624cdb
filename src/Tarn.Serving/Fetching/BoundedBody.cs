using System.Buffers;

namespace Tarn.Serving;

/// <summary>Reads a body into lent memory that grows with what arrives, not with what was announced.</summary>
internal static class BoundedBody
{
    private const int FirstBytes = 64 << 10;

    /// <summary>Reads a body; the buffer is null where there are more bytes than allowed.</summary>
    public static async Task<(byte[]? Buffer, int Length)> ReadAsync(HttpContent content, int maxBytes, CancellationToken cancellation)
    {
        var stream = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
        var length = 0;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    buffer = Grow(buffer, maxBytes);
                }

                var read = await stream.ReadAsync(buffer.AsMemory(length), cancellation).ConfigureAwait(false);
                if (read == 0)
                {
                    var whole = buffer;
                    buffer = null;
                    return (whole, length);
                }

                length += read;
                if (length > maxBytes)
                {
                    return (null, 0);
                }
            }
        }
        finally
        {
            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private static byte[] Grow(byte[] full, int maxBytes)
    {
        // One byte more than allowed, so that a body that is too large by one shows.
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * full.Length, Math.Max(maxBytes + 1L, full.Length + 1L)));
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }
}
