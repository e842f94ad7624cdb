using System.Buffers.Binary;

namespace Tarn.Log;

/// <summary>
/// Kafka's default partitioner for records with a key: 32-bit murmur2 (seed 0x9747b28c), sign bit cleared, modulo the number of partitions.
/// A topic that moves to Kafka keeps its keys in their partitions.
/// </summary>
public static class KeyPartitioner
{
    /// <summary>The partition of a key.</summary>
    public static int PartitionOf(ReadOnlySpan<byte> key, int partitions) => (Murmur2(key) & int.MaxValue) % partitions;

    internal static int Murmur2(ReadOnlySpan<byte> data)
    {
        const uint Multiplier = 0x5bd1e995;
        var hash = 0x9747b28c ^ (uint)data.Length;
        while (data.Length >= 4)
        {
            var k = BinaryPrimitives.ReadUInt32LittleEndian(data) * Multiplier;
            hash = (hash * Multiplier) ^ ((k ^ (k >> 24)) * Multiplier);
            data = data[4..];
        }

        if (data.Length > 0)
        {
            for (var i = data.Length - 1; i >= 0; i--)
            {
                hash ^= (uint)data[i] << (8 * i);
            }

            hash *= Multiplier;
        }

        hash = (hash ^ (hash >> 13)) * Multiplier;
        return (int)(hash ^ (hash >> 15));
    }
}
