using System.Buffers.Binary;

namespace Tarn.Native;

/// <summary>
/// The markers before a JPEG's first scan (ITU-T T.81, annex B): the frame's size and components, EXIF's orientation (APP1), and whether Adobe's marker (APP14) is there,
/// by which CMYK is stored inverted.
/// </summary>
/// <param name="Info">What every format says.</param>
/// <param name="Components">1 grey, 3 colour, 4 CMYK or YCCK.</param>
/// <param name="Precision">Bits of a sample.</param>
/// <param name="HasAdobe">Whether Adobe's marker is there.</param>
internal readonly record struct JpegHeader(ImageInfo Info, int Components, int Precision, bool HasAdobe)
{
    internal static JpegHeader Read(ReadOnlySpan<byte> data)
    {
        ImageInfo? info = null;
        var (components, precision, adobe, orientation) = (0, 0, false, 1);
        var at = 2;
        while (at < data.Length)
        {
            if (data[at] != 0xFF)
            {
                // Bytes between segments: decoders pass over them, and so do we.
                var next = data[at..].IndexOf((byte)0xFF);
                if (next < 0)
                {
                    break;
                }

                at += next;
                continue;
            }

            while (at < data.Length && data[at] == 0xFF)
            {
                at++;
            }

            if (at >= data.Length)
            {
                break;
            }

            var marker = data[at++];
            if (marker is 0x00 or 0x01 or >= 0xD0 and <= 0xD8)
            {
                continue;
            }

            // The first scan, or the end: what comes after says nothing of the whole.
            if (marker is 0xDA or 0xD9 || at + 2 > data.Length)
            {
                break;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(data[at..]);
            if (length < 2)
            {
                throw ImageErrors.Damaged(ImageFormat.Jpeg, $"a segment of {length} bytes at {at}");
            }

            var segment = data[Math.Min(at + 2, data.Length)..Math.Min(at + length, data.Length)];
            switch (marker)
            {
                case 0xC0 or 0xC1 or 0xC2 or 0xC3 or (>= 0xC5 and <= 0xC7) or (>= 0xC9 and <= 0xCB) or (>= 0xCD and <= 0xCF) when info is null && segment.Length >= 6:
                    precision = segment[0];
                    components = segment[5];
                    info = new ImageInfo(ImageFormat.Jpeg, BinaryPrimitives.ReadUInt16BigEndian(segment[3..]), BinaryPrimitives.ReadUInt16BigEndian(segment[1..]), 1, 1);
                    break;
                case 0xE1 when segment.StartsWith("Exif\0\0"u8):
                    orientation = ExifOrientation.Read(segment[6..]);
                    break;
                case 0xEE when segment.StartsWith("Adobe"u8):
                    adobe = true;
                    break;
                default:
                    break;
            }

            at += length;
        }

        if (info is null)
        {
            throw ImageErrors.Truncated(ImageFormat.Jpeg, $"it ends after {data.Length} bytes, before its size is told");
        }

        if (info.Width == 0 || info.Height == 0)
        {
            throw ImageErrors.Unsupported(ImageFormat.Jpeg, $"its size is {info.Width} × {info.Height}");
        }

        return new JpegHeader(info with { Orientation = orientation }, components, precision, adobe);
    }
}
