using System.Buffers.Binary;
using System.Globalization;
using Tarn.Log;

namespace Tarn.Serving;

/// <summary>What the head of a file of the journal says.</summary>
/// <param name="Journal">The journal that the file belongs to.</param>
/// <param name="Base">The position of the file's first byte: its number times 2^30, so that positions grow from file to file, over restarts.</param>
/// <param name="Size">Bytes of the file.</param>
/// <param name="Salt">Goes into every record's sum, so that bytes that a caller sent cannot pass for a record.</param>
internal readonly record struct SegmentHead(Guid Journal, long Base, int Size, uint Salt);

/// <summary>The files of the journal: <c>0000000001.journal</c> and so on, made whole before they are used.</summary>
internal static class SegmentFile
{
    /// <summary>Where the records begin; a record begins at a multiple of 8.</summary>
    public const int FirstRecord = 128;

    /// <summary>Where the offset is up to which the records are in the topic, written by the pump alone.</summary>
    public const int MovedAt = 64;

    public const string Extension = ".journal";
    private const int SumAt = 60;

    private static ReadOnlySpan<byte> Magic => "TARNPJ01"u8;

    public static string PathOf(string directory, long number) => Path.Combine(directory, number.ToString("D10", CultureInfo.InvariantCulture) + Extension);

    /// <summary>
    /// Makes a file: zeros that are written, not left out, so that a full disk shows here and not at a store into mapped memory, which would end the process; and on the disk
    /// with its name before it is used.
    /// </summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void Make(string path, SegmentHead head)
    {
        const int Piece = 1 << 20;
        var zeros = new byte[Math.Min(head.Size, Piece)];
        try
        {
            using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                for (var at = zeros.Length; at < head.Size; at += zeros.Length)
                {
                    RandomAccess.Write(file, zeros.AsSpan(0, Math.Min(zeros.Length, head.Size - at)), at);
                }

                // The first piece comes last: a file with a head is whole.
                Write(head, zeros);
                RandomAccess.Write(file, zeros, 0);
                RandomAccess.FlushToDisk(file);
            }

            DurableFiles.FlushDirectory(Path.GetDirectoryName(path)!);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Reads a head; null where the file has none, with the reason.</summary>
    public static SegmentHead? Read(string path, out bool isEmpty, out string reason)
    {
        Span<byte> bytes = stackalloc byte[FirstRecord];
        using var file = File.OpenHandle(path);
        var length = RandomAccess.GetLength(file);
        var read = RandomAccess.Read(file, bytes, 0);
        isEmpty = read == 0 || !bytes[..Math.Min(read, SumAt)].ContainsAnyExcept((byte)0);
        reason = "";
        if (read < FirstRecord || !bytes.StartsWith(Magic))
        {
            reason = "it does not begin as one";
        }
        else if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[SumAt..]) != Crc32C.Compute(bytes[..SumAt]))
        {
            reason = "the sum of its head is wrong";
        }
        else if (BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]) != length)
        {
            reason = "its length is not what its head says";
        }

        return reason.Length > 0
            ? null
            : new SegmentHead(
                new Guid(bytes.Slice(8, 16), bigEndian: true), BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]), (int)length, BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]));
    }

    private static void Write(SegmentHead head, Span<byte> bytes)
    {
        Magic.CopyTo(bytes);
        head.Journal.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], head.Base);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], head.Size);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[40..], head.Salt);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[SumAt..], Crc32C.Compute(bytes[..SumAt]));
        BinaryPrimitives.WriteInt64LittleEndian(bytes[MovedAt..], FirstRecord);
    }
}
