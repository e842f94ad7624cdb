using System.Security.Cryptography;

namespace Tarn.Core;

/// <summary>
/// Where ids come from. Ids are an input, like time, so that a whole run can be simulated: hosts use
/// <see cref="Create(TimeProvider)"/>, simulations <see cref="CreateSeeded"/>. Safe for use from several threads.
/// </summary>
public abstract class IdSource
{
    /// <summary>A new UUID of version 7 (RFC 9562): ordered by time, unique in practice.</summary>
    public abstract Guid NewGuid();

    /// <summary>A new id as text: the UUID's 32 lower-case hexadecimal digits, ordered by time.</summary>
    public string NewId() => NewGuid().ToString("n");

    /// <summary>Ids from the clock and the system's random numbers.</summary>
    public static IdSource Create(TimeProvider time) => new RandomIdSource(time);

    /// <summary>Ids from the clock and a seed: the same seed and clock give the same ids in the same order.</summary>
    public static IdSource CreateSeeded(TimeProvider time, int seed) => new SeededIdSource(time, seed);

    private protected static Guid Version7(DateTimeOffset now, ReadOnlySpan<byte> random)
    {
        Span<byte> bytes = stackalloc byte[16];
        var milliseconds = now.ToUnixTimeMilliseconds();
        for (var i = 0; i < 6; i++)
        {
            bytes[i] = (byte)(milliseconds >> (40 - (8 * i)));
        }

        random[..10].CopyTo(bytes[6..]);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private sealed class RandomIdSource(TimeProvider time) : IdSource
    {
        public override Guid NewGuid()
        {
            Span<byte> random = stackalloc byte[10];
            RandomNumberGenerator.Fill(random);
            return Version7(time.GetUtcNow(), random);
        }
    }

    private sealed class SeededIdSource(TimeProvider time, int seed) : IdSource
    {
        private readonly Random _random = new(seed);
        private readonly Lock _gate = new();

        public override Guid NewGuid()
        {
            Span<byte> random = stackalloc byte[10];
            lock (_gate)
            {
                _random.NextBytes(random);
            }

            return Version7(time.GetUtcNow(), random);
        }
    }
}
