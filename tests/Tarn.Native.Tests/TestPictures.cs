using System.Buffers.Binary;
using System.IO.Compression;

namespace Tarn.Native.Tests;

/// <summary>Pictures drawn by rule, and files made of them by hand.</summary>
internal static class TestPictures
{
    /// <summary>Smooth, of every colour, and no symmetry.</summary>
    internal static RgbImage Smooth(int width, int height)
    {
        var image = new RgbImage(width, height);
        var pixels = image.Pixels.Span;
        for (int y = 0, at = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++, at += 3)
            {
                pixels[at] = (byte)(255 * x / Math.Max(1, width - 1));
                pixels[at + 1] = (byte)(255 * y / Math.Max(1, height - 1));
                pixels[at + 2] = (byte)(127.5 + (127.5 * Math.Sin((x + (2 * y)) * 0.05)));
            }
        }

        return image;
    }

    internal static RgbImage Noise(int width, int height, int seed)
    {
        var image = new RgbImage(width, height);
        new Random(seed).NextBytes(image.Pixels.Span);
        return image;
    }

    /// <summary>An APP1 segment with EXIF's orientation behind a JPEG's first two bytes.</summary>
    internal static byte[] WithOrientation(byte[] jpeg, int orientation, bool little = true)
    {
        byte[] tiff = little
            ? [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0]
            : [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];
        return WithSegment(jpeg, 0xE1, [.. "Exif\0\0"u8, .. tiff]);
    }

    internal static byte[] WithSegment(byte[] jpeg, byte marker, byte[] body)
    {
        var length = body.Length + 2;
        return [0xFF, 0xD8, 0xFF, marker, (byte)(length >> 8), (byte)length, .. body, .. jpeg.AsSpan(2)];
    }

    /// <summary>The same JPEG, telling another size.</summary>
    internal static byte[] WithSize(byte[] jpeg, int width, int height)
    {
        var copy = (byte[])jpeg.Clone();
        var frame = copy.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0, 0x00, 0x11]);
        BinaryPrimitives.WriteUInt16BigEndian(copy.AsSpan(frame + 5), (ushort)height);
        BinaryPrimitives.WriteUInt16BigEndian(copy.AsSpan(frame + 7), (ushort)width);
        return copy;
    }

    /// <summary>A PNG of these rows, each after a filter byte of 0, with further chunks before its data.</summary>
    internal static byte[] Png(int width, int height, int bits, int colourType, byte[] rows, params (string Name, byte[] Body)[] chunks)
    {
        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = (byte)bits;
        header[9] = (byte)colourType;
        Chunk(file, "IHDR", header);
        foreach (var (name, body) in chunks)
        {
            Chunk(file, name, body);
        }

        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest))
        {
            zlib.Write(rows);
        }

        Chunk(file, "IDAT", packed.ToArray());
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    /// <summary>A GIF whose one picture is there twice.</summary>
    internal static byte[] Twice(byte[] gif)
    {
        var start = 13 + ((gif[10] & 0x80) == 0 ? 0 : 3 << ((gif[10] & 7) + 1));
        return [.. gif[..^1], .. gif[start..]];
    }

    private static void Chunk(MemoryStream to, string name, byte[] body)
    {
        var chunk = new byte[12 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
        System.Text.Encoding.ASCII.GetBytes(name, chunk.AsSpan(4));
        body.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + body.Length), Crc(chunk.AsSpan(4, 4 + body.Length)));
        to.Write(chunk);
    }

    private static uint Crc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }
}
