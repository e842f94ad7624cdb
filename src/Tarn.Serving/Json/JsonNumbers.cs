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

        return IsDecimal(token, out _) && float.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    public static bool TryDouble(ReadOnlySpan<byte> token, out double value) =>
        TryWord(token, out value) || (IsDecimal(token, out _) && double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out value));

    /// <summary>A whole number; one written with a fraction of zero is whole, too.</summary>
    public static bool TryInt64(ReadOnlySpan<byte> token, out long value)
    {
        if (Utf8Parser.TryParse(token, out value, out var read) && read == token.Length && IsDecimal(token, out var isWhole) && isWhole)
        {
            return true;
        }

        value = 0;
        if (!IsDecimal(token, out _) || !decimal.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact) || exact != decimal.Truncate(exact) || exact < long.MinValue || exact > long.MaxValue)
        {
            return false;
        }

        value = (long)exact;
        return true;
    }

    public static bool TryUInt64(ReadOnlySpan<byte> token, out ulong value) =>
        (Utf8Parser.TryParse(token, out value, out var read) && read == token.Length && IsDecimal(token, out var isWhole) && isWhole)
        || (TryInt64(token, out var signed) && signed >= 0 && (value = (ulong)signed) >= 0);

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
