using System.Text;
using Xunit;

namespace Tarn.Log.Tests;

/// <summary>The vectors of RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.</summary>
public sealed class Crc32CTests
{
    [Fact]
    public void Agrees_with_the_published_vectors()
    {
        Assert.Equal(0xE3069283u, Crc32C.Compute(Encoding.ASCII.GetBytes("123456789")));
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute(Enumerable.Repeat((byte)0xFF, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute(Enumerable.Range(0, 32).Select(static i => (byte)i).ToArray()));
    }

    [Fact]
    public void Agrees_with_the_definition_bit_by_bit()
    {
        var bytes = new byte[3000];
        new Random(3).NextBytes(bytes);
        for (var length = 0; length <= bytes.Length; length += 1 + (length / 40))
        {
            var register = 0xFFFF_FFFFu;
            foreach (var b in bytes.AsSpan(0, length))
            {
                register ^= b;
                for (var bit = 0; bit < 8; bit++)
                {
                    register = (register >> 1) ^ ((register & 1) * 0x82F6_3B78u);
                }
            }

            Assert.Equal(~register, Crc32C.Compute(bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Any_division_of_the_bytes_gives_the_same_sum()
    {
        var bytes = new byte[2500];
        new Random(7).NextBytes(bytes);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            Assert.Equal(Crc32C.Compute(bytes), Crc32C.Append(Crc32C.Append(Crc32C.Seed, bytes.AsSpan(0, cut)), bytes.AsSpan(cut)) ^ Crc32C.Seed);
        }
    }
}
