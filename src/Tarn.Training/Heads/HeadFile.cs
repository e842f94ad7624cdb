using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>
/// Heads and checkpoints as bytes: the eight letters <c>TARNHEAD</c>, the length of a JSON header (4 bytes, little endian), the header, for each array its length (4 bytes) and its
/// floats (little endian), and the SHA-256 of all before.
/// </summary>
internal static class HeadFile
{
    private static ReadOnlySpan<byte> Magic => "TARNHEAD"u8;

    public static byte[] Write<T>(T header, IReadOnlyList<float[]> arrays)
    {
        using var file = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        file.Write(Magic);
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        BinaryPrimitives.WriteInt32LittleEndian(length, json.Length);
        file.Write(length);
        file.Write(json);
        foreach (var array in arrays)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, array.Length);
            file.Write(length);
            file.Write(MemoryMarshal.AsBytes(array.AsSpan()));
        }

        file.Write(SHA256.HashData(file.GetBuffer().AsSpan(0, (int)file.Length)));
        return file.ToArray();
    }

    public static (T Header, IReadOnlyList<float[]> Arrays) Read<T>(ReadOnlySpan<byte> bytes, string what)
    {
        if (bytes.Length < Magic.Length + 4 + SHA256.HashSizeInBytes || !bytes.StartsWith(Magic) || !SHA256.HashData(bytes[..^SHA256.HashSizeInBytes]).AsSpan().SequenceEqual(bytes[^SHA256.HashSizeInBytes..]))
        {
            throw Damaged(what, bytes.Length);
        }

        var rest = bytes[Magic.Length..^SHA256.HashSizeInBytes];
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        try
        {
            var header = JsonSerializer.Deserialize<T>(rest.Slice(4, length)) ?? throw Damaged(what, bytes.Length);
            var arrays = new List<float[]>();
            for (rest = rest[(4 + length)..]; rest.Length > 0; rest = rest[(4 + (4 * length))..])
            {
                length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                arrays.Add(MemoryMarshal.Cast<byte, float>(rest.Slice(4, 4 * length)).ToArray());
            }

            return (header, arrays);
        }
        catch (JsonException e)
        {
            throw Damaged(what, bytes.Length, e);
        }
    }

    private static TarnException Damaged(string what, int length, Exception? inner = null) =>
        TarnException.Corrupt($"The bytes of a {what} begin with TARNHEAD and end with their own SHA-256.", $"{length} bytes", "Take it from another copy, or train again.", inner);
}
