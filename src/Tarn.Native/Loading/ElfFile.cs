using System.Buffers.Binary;

namespace Tarn.Native;

/// <summary>
/// Whether a Linux library is whole. Loading one that was cut short (a full disk, a copy that was broken off) kills the process with SIGBUS instead
/// of failing, so its header is asked first how long it must be.
/// </summary>
internal static class ElfFile
{
    private const int HeaderLength = 64;

    /// <summary>What is wrong with the file, or null.</summary>
    internal static string? Problem(string path)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        using var file = File.OpenRead(path);
        if (file.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false) < HeaderLength || !header.StartsWith("\u007fELF"u8))
        {
            return "it is not a library of this platform";
        }

        // 64-bit little-endian: e_shoff at 40, e_shentsize at 58, e_shnum at 60; the table of sections ends the file.
        if (header[4] != 2 || header[5] != 1)
        {
            return null;
        }

        var sections = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        var length = sections + ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(header[58..]) * BinaryPrimitives.ReadUInt16LittleEndian(header[60..]));
        return length > (ulong)file.Length ? $"it is cut short: {file.Length} bytes of {length}" : null;
    }
}
