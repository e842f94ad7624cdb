using System.Buffers.Text;
using System.Globalization;

namespace Tarn.Serving;

/// <summary>Numbers of JSON, exactly: the nearest value of the type that is asked for.</summary>
internal static class JsonNumbers
{
    // Powers of ten that a float holds exactly, for the short decimals that nearly all numbers are.
    private static readonly float[] Tens = [1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f, 1e8f, 1e9f, 1e10f];

    /// <summary>Whether a token is a number of JSON's grammar, or one of the words for those that it has none for.</summary>
    public static bool IsNumber(ReadOnlySpan<byte> token) => IsWord(token) || IsDecimal(token, out _);

    /// <summary>The nearest float; false where a decimal is beyond all of them, since infinity has a word of its own.</summary>
    public static bool TryFloat(ReadOnlySpan<byte> token, out float value)
    {
        if (TryShort(token, out value))
        {
            return true;
        }

        if (TryWord(token, out var word))
        {
            value = (float)word;
            return true;
        }

        return IsDecimal(token, out _) && float.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);
    }

    /// <summary>The nearest double; false where a decimal is beyond all of them, since infinity has a word of its own.</summary>
    public static bool TryDouble(ReadOnlySpan<byte> token, out double value) =>
        TryWord(token, out value) || (IsDecimal(token, out _) && double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value));

    /// <summary>The nearest half.</summary>
    public static bool TryHalf(ReadOnlySpan<byte> token, out Half value)
    {
        if (TryWord(token, out var word))
        {
            value = (Half)word;
            return true;
        }

        value = default;
        return IsDecimal(token, out _) && Half.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && Half.IsFinite(value);
    }

    /// <summary>The nearest bfloat16, as its bits.</summary>
    public static bool TryBFloat(ReadOnlySpan<byte> token, out ushort bits)
    {
        bits = 0;
        if (!TryDouble(token, out var value))
        {
            return false;
        }

        var single = BitConverter.SingleToUInt32Bits((float)value);
        if (double.IsNaN(value))
        {
            bits = (ushort)((single >> 16) | 0x40);
            return true;
        }

        // Cut off, with the last bit set where something was cut: then rounding once more is rounding once.
        var nearest = (double)(float)value;
        if (double.IsFinite(value) && nearest != value)
        {
            single = (Math.Abs(nearest) > Math.Abs(value) ? single - 1 : single) | 1;
        }

        bits = (ushort)((single + 0x7FFF + ((single >> 16) & 1)) >> 16);
        return !double.IsFinite(value) || (bits & 0x7FFF) < 0x7F80;
    }

    /// <summary>A whole number, exactly; one written with a fraction of zero or an exponent is whole, too.</summary>
    public static bool TryInt64(ReadOnlySpan<byte> token, out long value)
    {
        if (Utf8Parser.TryParse(token, out value, out var read) && read == token.Length && IsDecimal(token, out var isWhole) && isWhole)
        {
            return true;
        }

        value = 0;
        if (!TryMagnitude(token, out var magnitude) || magnitude > (token[0] == (byte)'-' ? 1UL << 63 : long.MaxValue))
        {
            return false;
        }

        value = token[0] == (byte)'-' ? unchecked(-(long)magnitude) : (long)magnitude;
        return true;
    }

    /// <inheritdoc cref="TryInt64"/>
    public static bool TryUInt64(ReadOnlySpan<byte> token, out ulong value) => TryMagnitude(token, out value) && (value == 0 || token[0] != (byte)'-');

    /// <summary>A decimal's value without its sign, where it is whole and no larger than 64 bits hold.</summary>
    private static bool TryMagnitude(ReadOnlySpan<byte> token, out ulong magnitude)
    {
        magnitude = 0;
        if (!IsDecimal(token, out _))
        {
            return false;
        }

        var mark = token.IndexOfAny((byte)'e', (byte)'E');
        var digits = (mark < 0 ? token : token[..mark]).TrimStart((byte)'-');
        var exponent = mark < 0 ? 0 : ExponentOf(token[(mark + 1)..]);
        var point = digits.IndexOf((byte)'.');

        // How many of the digits stand before the point once the exponent has moved it; those behind it have to be zeros.
        var whole = (point < 0 ? digits.Length : point) + exponent;
        var place = 0;
        foreach (var c in digits)
        {
            if (c == (byte)'.')
            {
                continue;
            }

            if (place++ >= whole ? c != (byte)'0' : !Append(ref magnitude, c - '0'))
            {
                return false;
            }
        }

        for (; magnitude != 0 && place < whole; place++)
        {
            if (!Append(ref magnitude, 0))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Append(ref ulong magnitude, int digit)
    {
        var next = ((UInt128)magnitude * 10) + (uint)digit;
        magnitude = (ulong)next;
        return next <= ulong.MaxValue;
    }

    // Beyond some length no exponent makes a whole number any more that is not zero.
    private static long ExponentOf(ReadOnlySpan<byte> text)
    {
        var exponent = 0L;
        foreach (var c in text)
        {
            if (c is >= (byte)'0' and <= (byte)'9')
            {
                exponent = Math.Min((exponent * 10) + (c - '0'), int.MaxValue);
            }
        }

        return text[0] == (byte)'-' ? -exponent : exponent;
    }

    private static bool IsWord(ReadOnlySpan<byte> token) => TryWord(token, out _);

    private static bool TryWord(ReadOnlySpan<byte> token, out double value)
    {
        value = 0;
        if (token.Length == 0 || token[^1] is >= (byte)'0' and <= (byte)'9')
        {
            return false;
        }

        if (token.SequenceEqual("NaN"u8))
        {
            value = double.NaN;
            return true;
        }

        if (token.SequenceEqual("Infinity"u8) || token.SequenceEqual("Inf"u8))
        {
            value = double.PositiveInfinity;
            return true;
        }

        if (token.SequenceEqual("-Infinity"u8) || token.SequenceEqual("-Inf"u8))
        {
            value = double.NegativeInfinity;
            return true;
        }

        return false;
    }

    // Up to seven digits and a power of ten of at most ten: both are exact in a float, so that one division rounds once, to the nearest.
    private static bool TryShort(ReadOnlySpan<byte> token, out float value)
    {
        value = 0;
        var at = 0;
        var isNegative = token.Length > 0 && token[0] == (byte)'-';
        if (isNegative)
        {
            at++;
        }

        var first = at;
        var (mantissa, digits, fraction, point) = (0, 0, 0, -1);
        for (; at < token.Length; at++)
        {
            var c = token[at];
            if (c is >= (byte)'0' and <= (byte)'9')
            {
                if (++digits > 7)
                {
                    return false;
                }

                mantissa = (mantissa * 10) + (c - '0');
                fraction += point >= 0 ? 1 : 0;
            }
            else if (c == (byte)'.' && point < 0 && at > first)
            {
                point = at;
            }
            else
            {
                return false;
            }
        }

        if (digits == 0 || point == token.Length - 1 || (token[first] == (byte)'0' && token.Length > first + 1 && token[first + 1] != (byte)'.'))
        {
            return false;
        }

        value = mantissa / Tens[fraction];
        if (isNegative)
        {
            value = -value;
        }

        return true;
    }

    private static bool IsDecimal(ReadOnlySpan<byte> token, out bool isWhole)
    {
        isWhole = true;
        var at = token.Length > 0 && token[0] == (byte)'-' ? 1 : 0;
        var whole = Digits(token, ref at);
        if (whole == 0 || (whole > 1 && token[at - whole] == (byte)'0'))
        {
            return false;
        }

        if (at < token.Length && token[at] == (byte)'.')
        {
            isWhole = false;
            at++;
            if (Digits(token, ref at) == 0)
            {
                return false;
            }
        }

        if (at < token.Length && token[at] is (byte)'e' or (byte)'E')
        {
            isWhole = false;
            at++;
            if (at < token.Length && token[at] is (byte)'+' or (byte)'-')
            {
                at++;
            }

            if (Digits(token, ref at) == 0)
            {
                return false;
            }
        }

        return at == token.Length;
    }

    private static int Digits(ReadOnlySpan<byte> token, ref int at)
    {
        var from = at;
        while (at < token.Length && token[at] is >= (byte)'0' and <= (byte)'9')
        {
            at++;
        }

        return at - from;
    }
}
