using System.Buffers.Binary;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>How many bytes of an image's file are EXIF, colour profiles, previews, comments and the like. Reads the lengths of its parts alone.</summary>
internal static class MetadataSize
{
    public static long Of(ReadOnlySpan<byte> data, ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => OfJpeg(data),
        ImageFormat.Png => OfPng(data),
        ImageFormat.WebP => OfWebP(data),
        _ => 0,
    };

    /// <summary>The segments APP0 to APP15 and COM before the first scan.</summary>
    private static long OfJpeg(ReadOnlySpan<byte> data)
    {
        var sum = 0L;
        for (var at = 2; at + 4 <= data.Length && data[at] == 0xFF;)
        {
            var marker = data[at + 1];
            if (marker is 0xFF)
            {
                at++;
                continue;
            }

            if (marker is 0xDA or 0xD9)
            {
                break;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(data[(at + 2)..]);
            sum += marker is (>= 0xE0 and <= 0xEF) or 0xFE ? length : 0;
            at += 2 + length;
        }

        return sum;
    }

    private static long OfPng(ReadOnlySpan<byte> data)
    {
        var sum = 0L;
        for (var at = 8L; at + 12 <= data.Length;)
        {
            var chunk = data[(int)at..];
            var length = BinaryPrimitives.ReadUInt32BigEndian(chunk);
            var name = chunk[4..8];
            sum += name.SequenceEqual("eXIf"u8) || name.SequenceEqual("iCCP"u8) || name.SequenceEqual("iTXt"u8) || name.SequenceEqual("zTXt"u8) || name.SequenceEqual("tEXt"u8) ? length : 0;
            at += 12L + length;
        }

        return sum;
    }

    private static long OfWebP(ReadOnlySpan<byte> data)
    {
        var sum = 0L;
        for (var at = 12L; at + 8 <= data.Length;)
        {
            var chunk = data[(int)at..];
            var length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            var name = chunk[..4];
            sum += name.SequenceEqual("EXIF"u8) || name.SequenceEqual("XMP "u8) || name.SequenceEqual("ICCP"u8) ? length : 0;
            at += 8L + length + (length & 1);
        }

        return sum;
    }
}
