using System.Globalization;
using System.Numerics;
using System.Text;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Numbers against those of the runtime, and whole ones against arithmetic without limits.</summary>
public sealed class JsonNumbersTests
{
    [Fact]
    public void A_million_random_decimals_are_read_as_the_runtime_reads_them()
    {
        const int Seed = 31007;
        var random = new Random(Seed);
        Span<byte> text = stackalloc byte[64];
        for (var i = 0; i < Fuzz.Count(1_000_000); i++)
        {
            var length = Draw(random, text);
            var token = text[..length];
            var expected = float.Parse(token, CultureInfo.InvariantCulture);
            var isRead = JsonNumbers.TryFloat(token, out var actual);
            if (isRead != float.IsFinite(expected) || (isRead && BitConverter.SingleToInt32Bits(actual) != BitConverter.SingleToInt32Bits(expected)))
            {
                Assert.Fail($"Seed {Seed}, number {i}: {Encoding.ASCII.GetString(token)} was read as {actual:R}, not {expected:R}.");
            }
        }
    }

    [Fact]
    public void Every_text_that_a_float_or_double_is_written_as_reads_back_to_its_bits()
    {
        const int Seed = 77;
        var random = new Random(Seed);
        Span<byte> text = stackalloc byte[64];
        for (var i = 0; i < 200_000; i++)
        {
            var single = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            var wide = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (float.IsFinite(single))
            {
                single.TryFormat(text, out var written, default, CultureInfo.InvariantCulture);
                Assert.True(JsonNumbers.TryFloat(text[..written], out var back) && BitConverter.SingleToInt32Bits(back) == BitConverter.SingleToInt32Bits(single), $"Seed {Seed}: {single:R}");
            }

            if (double.IsFinite(wide))
            {
                wide.TryFormat(text, out var written, default, CultureInfo.InvariantCulture);
                Assert.True(JsonNumbers.TryDouble(text[..written], out var back) && BitConverter.DoubleToInt64Bits(back) == BitConverter.DoubleToInt64Bits(wide), $"Seed {Seed}: {wide:R}");
            }
        }
    }

    [Fact]
    public void Every_bfloat16_and_half_reads_back_from_the_float_that_it_is_and_ties_go_to_the_even_one()
    {
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var value = BitConverter.UInt32BitsToSingle((uint)bits << 16);
            if (!float.IsFinite(value))
            {
                continue;
            }

            Assert.True(JsonNumbers.TryBFloat(Text(value.ToString("R", CultureInfo.InvariantCulture)), out var back) && back == bits, $"{value:R}");
            var half = BitConverter.UInt16BitsToHalf((ushort)bits);
            if (Half.IsFinite(half))
            {
                Assert.True(JsonNumbers.TryHalf(Text(((float)half).ToString("R", CultureInfo.InvariantCulture)), out var same) && BitConverter.HalfToUInt16Bits(same) == bits, $"{half}");
            }

            var next = BitConverter.UInt32BitsToSingle((uint)(bits + 1) << 16);
            if ((bits & 0x7FFF) < 0x7F7F && (bits & 0x7F80) != 0)
            {
                // Halfway between two of them, where the rule for ties decides.
                var middle = (value + (((double)next - value) / 2)).ToString("R", CultureInfo.InvariantCulture);
                Assert.True(JsonNumbers.TryBFloat(Text(middle), out var even) && even == ((bits & 1) == 0 ? bits : bits + 1), $"{middle}: {even} of {bits}");
            }
        }
    }

    [Fact]
    public void Whole_numbers_are_exact_however_they_are_written()
    {
        const int Seed = 4242;
        var random = new Random(Seed);
        for (var i = 0; i < 100_000; i++)
        {
            var number = new BigInteger(random.NextInt64()) * (random.Next(3) == 0 ? 4 : 1) * (random.Next(2) == 0 ? 1 : -1) / BigInteger.Pow(10, random.Next(20));
            var text = Write(number, random);
            var isSigned = number >= long.MinValue && number <= long.MaxValue;
            var isUnsigned = number >= 0 && number <= ulong.MaxValue;
            Assert.True(JsonNumbers.TryInt64(Text(text), out var signed) == isSigned && (!isSigned || signed == number), $"Seed {Seed}: {text}");
            Assert.True(JsonNumbers.TryUInt64(Text(text), out var unsigned) == isUnsigned && (!isUnsigned || unsigned == number), $"Seed {Seed}: {text}");
        }
    }

    [Theory]
    [InlineData("0e999999999999", true)]
    [InlineData("0.000e-99999999999999999999", true)]
    [InlineData("1e99999999999999999999", false)]
    [InlineData("1e-99999999999999999999", false)]
    [InlineData("100e-2", true)]
    [InlineData("105e-1", false)]
    [InlineData("0.00000000000000000000000000000001e32", true)]
    [InlineData("-", false)]
    [InlineData("", false)]
    [InlineData("-0.0", true)]
    [InlineData("NaN", false)]
    [InlineData("00", false)]
    public void An_exponent_decides_whether_a_number_is_whole(string text, bool isWhole) => Assert.Equal(isWhole, JsonNumbers.TryInt64(Text(text), out _));

    private static string Write(BigInteger number, Random random)
    {
        var digits = number.ToString(CultureInfo.InvariantCulture);
        return random.Next(4) switch
        {
            0 => digits,
            1 => digits + "." + new string('0', 1 + random.Next(40)),
            2 when !number.IsZero => $"{digits}000e-3",
            _ when BigInteger.Abs(number) >= 10 => $"{digits[..^1]}.{digits[^1]}E+1",
            _ => digits + "e0",
        };
    }

    private static int Draw(Random random, Span<byte> text)
    {
        var at = 0;
        if (random.Next(2) == 0)
        {
            text[at++] = (byte)'-';
        }

        var whole = 1 + random.Next(random.Next(2) == 0 ? 3 : 12);
        for (var i = 0; i < whole; i++)
        {
            text[at++] = (byte)('0' + (i == 0 && whole > 1 ? 1 + random.Next(9) : random.Next(10)));
        }

        if (random.Next(3) > 0)
        {
            text[at++] = (byte)'.';
            for (var i = 1 + random.Next(random.Next(2) == 0 ? 5 : 20); i > 0; i--)
            {
                text[at++] = (byte)('0' + random.Next(10));
            }
        }

        if (random.Next(4) == 0)
        {
            text[at++] = (byte)'e';
            _ = random.Next(-50, 45).TryFormat(text[at..], out var written, default, CultureInfo.InvariantCulture);
            at += written;
        }

        return at;
    }

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);
}
