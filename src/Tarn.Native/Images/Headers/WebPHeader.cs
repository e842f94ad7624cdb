using System.Buffers.Binary;

namespace Tarn.Native;

/// <summary>A WebP's chunks (RFC 9649): the size from VP8X, VP8 or VP8L, the pictures from ANMF, the orientation from EXIF.</summary>
internal static class WebPHeader
{
    internal static ImageInfo Read(ReadOnlySpan<byte> data)
    {
        var (width, height, frames, orientation) = (0, 0, 0, 1);
        for (var at = 12L; at + 8 <= data.Length;)
        {
            var chunk = data[(int)at..];
            var length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            var body = chunk[8..(int)Math.Min(8L + length, chunk.Length)];
            if (width == 0)
            {
                (width, height) = Size(chunk, body);
            }

            if (chunk.StartsWith("ANMF"u8))
            {
                frames++;
            }
            else if (chunk.StartsWith("EXIF"u8))
            {
                orientation = ExifOrientation.Read(body.StartsWith("Exif\0\0"u8) ? body[6..] : body);
            }

            at += 8L + length + (length & 1);
        }

        return width > 0 && height > 0
            ? new ImageInfo(ImageFormat.WebP, width, height, Math.Max(1, frames), orientation)
            : throw ImageErrors.Truncated(ImageFormat.WebP, $"its {data.Length} bytes tell no size");
    }

    private static (int Width, int Height) Size(ReadOnlySpan<byte> chunk, ReadOnlySpan<byte> body)
    {
        if (chunk.StartsWith("VP8X"u8) && body.Length >= 10)
        {
            return (1 + U24(body[4..]), 1 + U24(body[7..]));
        }

        if (chunk.StartsWith("VP8L"u8) && body.Length >= 5 && body[0] == 0x2F)
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(body[1..]);
            return (1 + (int)(bits & 0x3FFF), 1 + (int)((bits >> 14) & 0x3FFF));
        }

        // A key frame: three bytes of flags, the start code, then 14 bits each.
        return chunk.StartsWith("VP8 "u8) && body.Length >= 10 && body[3..].StartsWith((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A])
            ? (BinaryPrimitives.ReadUInt16LittleEndian(body[6..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(body[8..]) & 0x3FFF)
            : (0, 0);
    }

    private static int U24(ReadOnlySpan<byte> data) => data[0] | (data[1] << 8) | (data[2] << 16);
}
