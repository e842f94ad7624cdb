using System.Buffers.Binary;
using System.Numerics;

namespace Tarn.Log;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the processor's own instruction where it has one.</summary>
internal static class Crc32C
{
    /// <summary>The register before the first byte; the finished sum is the register XOR this.</summary>
    public const uint Seed = 0xFFFF_FFFF;

    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(Seed, bytes) ^ Seed;

    public static uint Append(uint register, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 32)
        {
            register = BitOperations.Crc32C(register, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            register = BitOperations.Crc32C(register, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
            register = BitOperations.Crc32C(register, BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
            register = BitOperations.Crc32C(register, BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
            bytes = bytes[32..];
        }

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
}
