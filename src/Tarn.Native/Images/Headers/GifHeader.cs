using System.Buffers.Binary;

namespace Tarn.Native;

/// <summary>A GIF's screen, and how many pictures its blocks hold.</summary>
internal static class GifHeader
{
    internal static ImageInfo Read(ReadOnlySpan<byte> data)
    {
        if (data.Length < 13)
        {
            throw ImageErrors.Truncated(ImageFormat.Gif, $"it ends after {data.Length} bytes, before its size is told");
        }

        var (width, height) = (BinaryPrimitives.ReadUInt16LittleEndian(data[6..]), BinaryPrimitives.ReadUInt16LittleEndian(data[8..]));
        if (width == 0 || height == 0)
        {
            throw ImageErrors.Damaged(ImageFormat.Gif, $"its size is {width} × {height}");
        }

        return new ImageInfo(ImageFormat.Gif, width, height, Math.Max(1, CountFrames(data)), 1);
    }

    private static int CountFrames(ReadOnlySpan<byte> data)
    {
        var frames = 0;
        var at = 13 + Colours(data[10]);
        while (at < data.Length)
        {
            switch (data[at])
            {
                case 0x21:
                    at = AfterBlocks(data, at + 2);
                    break;
                case 0x2C when at + 10 < data.Length:
                    frames++;
                    at = AfterBlocks(data, at + 11 + Colours(data[at + 9]));
                    break;
                default:
                    return frames;
            }
        }

        return frames;
    }

    /// <summary>The bytes of a table of colours that these flags announce.</summary>
    private static int Colours(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);

    private static int AfterBlocks(ReadOnlySpan<byte> data, int at)
    {
        while (at < data.Length && data[at] != 0)
        {
            at += 1 + data[at];
        }

        return at + 1;
    }
}
