using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Tarn.Log;

/// <summary>
/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the processor's own instruction where it has one. The instruction takes three cycles but one can begin
/// each cycle, so long input is summed as three blocks side by side; a table then moves a block's sum over the bytes that follow it.
/// </summary>
internal static class Crc32C
{
    /// <summary>The register before the first byte; the finished sum is the register XOR this.</summary>
    public const uint Seed = 0xFFFF_FFFF;

    private const int LongBlock = 336;
    private const int ShortBlock = 64;
    private static readonly uint[] OverLong = MakeTable(LongBlock);
    private static readonly uint[] OverShort = MakeTable(ShortBlock);

    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(Seed, bytes) ^ Seed;

    public static uint Append(uint register, ReadOnlySpan<byte> bytes)
    {
        register = AppendBlocks(register, ref bytes, LongBlock, OverLong);
        register = AppendBlocks(register, ref bytes, ShortBlock, OverShort);
        return AppendInOrder(register, bytes);
    }

    private static uint AppendBlocks(uint register, ref ReadOnlySpan<byte> bytes, int block, uint[] over)
    {
        while (BitConverter.IsLittleEndian && bytes.Length >= 3 * block)
        {
            var first = MemoryMarshal.Cast<byte, ulong>(bytes[..block]);
            var second = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(block, block))[..first.Length];
            var third = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(2 * block, block))[..first.Length];
            var (b, c) = (0u, 0u);
            for (var i = 0; i < first.Length; i++)
            {
                register = BitOperations.Crc32C(register, first[i]);
                b = BitOperations.Crc32C(b, second[i]);
                c = BitOperations.Crc32C(c, third[i]);
            }

            register = Move(Move(register, over) ^ b, over) ^ c;
            bytes = bytes[(3 * block)..];
        }

        return register;
    }

    private static uint AppendInOrder(uint register, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            register = BitOperations.Crc32C(register, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var b in bytes)
        {
            register = BitOperations.Crc32C(register, b);
        }

        return register;
    }

    /// <summary>The register after a block of zeros: the sum is linear, so each byte of the register moves by itself.</summary>
    private static uint Move(uint register, uint[] over) =>
        over[register & 0xFF] ^ over[256 + ((register >> 8) & 0xFF)] ^ over[512 + ((register >> 16) & 0xFF)] ^ over[768 + (register >> 24)];

    private static uint[] MakeTable(int block)
    {
        var zeros = new byte[block];
        var table = new uint[1024];
        for (var i = 0; i < table.Length; i++)
        {
            table[i] = AppendInOrder((uint)(i & 0xFF) << (8 * (i >> 8)), zeros);
        }

        return table;
    }
}
