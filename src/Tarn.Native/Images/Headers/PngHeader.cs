using System.Buffers.Binary;

namespace Tarn.Native;

/// <summary>A PNG's chunks: IHDR's size, acTL's number of pictures, eXIf's orientation.</summary>
internal static class PngHeader
{
    internal static ImageInfo Read(ReadOnlySpan<byte> data)
    {
        if (data.Length < 33)
        {
            throw ImageErrors.Truncated(ImageFormat.Png, $"it ends after {data.Length} bytes, before its size is told");
        }

        if (!data[12..].StartsWith("IHDR"u8))
        {
            throw ImageErrors.Damaged(ImageFormat.Png, "its first chunk is not IHDR");
        }

        var width = BinaryPrimitives.ReadUInt32BigEndian(data[16..]);
        var height = BinaryPrimitives.ReadUInt32BigEndian(data[20..]);
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue)
        {
            throw ImageErrors.Damaged(ImageFormat.Png, $"its size is {width} × {height}");
        }

        var (frames, orientation) = (1, 1);
        for (var at = 8L; at + 12 <= data.Length;)
        {
            var chunk = data[(int)at..];
            var length = BinaryPrimitives.ReadUInt32BigEndian(chunk);
            var body = chunk[8..(int)Math.Min(8L + length, chunk.Length)];
            if (chunk[4..].StartsWith("acTL"u8) && body.Length >= 4)
            {
                frames = (int)Math.Clamp(BinaryPrimitives.ReadUInt32BigEndian(body), 1, int.MaxValue);
            }
            else if (chunk[4..].StartsWith("eXIf"u8))
            {
                orientation = ExifOrientation.Read(body);
            }

            at += 12L + length;
        }

        return new ImageInfo(ImageFormat.Png, (int)width, (int)height, frames, orientation);
    }
}
