using System.Buffers.Binary;

namespace Tarn.Native;

/// <summary>The orientation in a block of EXIF (a TIFF file's first directory, tag 0x0112). Reads at most that one directory, whatever offsets and counts it claims.</summary>
internal static class ExifOrientation
{
    private const int Tag = 0x0112;
    private const int Short = 3;
    private const int EntryLength = 12;

    /// <summary>1 to 8; 1 where the block says nothing, or nothing that makes sense.</summary>
    internal static int Read(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 14)
        {
            return 1;
        }

        var little = tiff.StartsWith("II"u8);
        if ((!little && !tiff.StartsWith("MM"u8)) || U16(tiff[2..], little) != 42)
        {
            return 1;
        }

        var offset = U32(tiff[4..], little);
        if (offset > (uint)tiff.Length - 2)
        {
            return 1;
        }

        var directory = tiff[(int)offset..];
        var count = U16(directory, little);
        for (var i = 0; i < count; i++)
        {
            var entry = directory[Math.Min(2 + (i * EntryLength), directory.Length)..];
            if (entry.Length < EntryLength)
            {
                return 1;
            }

            if (U16(entry, little) == Tag)
            {
                var value = U16(entry[8..], little);
                return U16(entry[2..], little) == Short && value is >= 1 and <= 8 ? value : 1;
            }
        }

        return 1;
    }

    private static ushort U16(ReadOnlySpan<byte> data, bool little) => little ? BinaryPrimitives.ReadUInt16LittleEndian(data) : BinaryPrimitives.ReadUInt16BigEndian(data);

    private static uint U32(ReadOnlySpan<byte> data, bool little) => little ? BinaryPrimitives.ReadUInt32LittleEndian(data) : BinaryPrimitives.ReadUInt32BigEndian(data);
}
