using System.Data.SqlTypes;
using System.Globalization;

namespace Tarn.Native;

/// <summary>Decimals: DuckDB keeps the unscaled number in 16, 32, 64 or 128 bits, by the type's width.</summary>
internal static class DuckDbDecimals
{
    /// <summary>The widest type of each storage.</summary>
    internal const int Max16 = 4, Max32 = 9, Max64 = 18;

    private const int MaxScale = 28;

    /// <summary>The value, or an error where it has more digits than <see cref="decimal"/> holds (28).</summary>
    internal static decimal Read(in DuckDbVector vector, int row) => ToDecimal(Unscaled(vector, row), vector.Type.Scale);

    /// <summary>The value as a <see cref="decimal"/>, or as a <see cref="SqlDecimal"/> where it has more digits than that holds (28).</summary>
    internal static object ReadAny(in DuckDbVector vector, int row)
    {
        var unscaled = Unscaled(vector, row);
        if (TryToDecimal(unscaled, vector.Type.Scale) is { } value)
        {
            return value;
        }

        var magnitude = (UInt128)Int128.Abs(unscaled);
        var (low, high) = ((ulong)magnitude, (ulong)(magnitude >> 64));
        return new SqlDecimal((byte)vector.Type.Width, (byte)vector.Type.Scale, !Int128.IsNegative(unscaled), (int)low, (int)(low >> 32), (int)high, (int)(high >> 32));
    }

    /// <summary>The unscaled value.</summary>
    internal static Int128 Unscaled(in DuckDbVector vector, int row) => vector.Type.Width switch
    {
        <= Max16 => vector.Values<short>()[row],
        <= Max32 => vector.Values<int>()[row],
        <= Max64 => vector.Values<long>()[row],
        _ => vector.Values<Int128>()[row],
    };

    /// <summary>Sets a row of an appender's chunk.</summary>
    /// <exception cref="DuckDbException">The value needs more digits before or after the point than the column has.</exception>
    internal static void Write(in DuckDbVector vector, int row, decimal value)
    {
        var unscaled = Unscaled(value, vector.Type.Width, vector.Type.Scale);
        switch (vector.Type.Width)
        {
            case <= Max16:
                vector.Values<short>()[row] = (short)unscaled;
                break;
            case <= Max32:
                vector.Values<int>()[row] = (int)unscaled;
                break;
            case <= Max64:
                vector.Values<long>()[row] = (long)unscaled;
                break;
            default:
                vector.Values<Int128>()[row] = unscaled;
                break;
        }
    }

    /// <summary>A value's unscaled number in a decimal of so many digits.</summary>
    /// <exception cref="DuckDbException">The value needs more digits before or after the point.</exception>
    internal static Int128 Unscaled(decimal value, int width, int scale) =>
        Rescale(value, scale) is { } unscaled && Int128.Abs(unscaled) < PowerOfTen(width)
            ? unscaled
            : throw new DuckDbException(DuckDbErrorType.OutOfRange, $"{value.ToString(CultureInfo.InvariantCulture)} does not fit DECIMAL({width},{scale}).");

    internal static DuckDbApi.DuckDbDecimal ToNative(decimal value)
    {
        Int128 unscaled = Rescale(value, value.Scale)!.Value;
        return new DuckDbApi.DuckDbDecimal { Width = 38, Scale = value.Scale, Lower = (ulong)unscaled, Upper = (long)(unscaled >> 64) };
    }

    private static decimal ToDecimal(Int128 unscaled, int scale) => TryToDecimal(unscaled, scale)
        ?? throw new DuckDbException(DuckDbErrorType.OutOfRange, $"The decimal {unscaled}e-{scale} has more digits than can be read (28); cast it to DOUBLE or VARCHAR.");

    private static decimal? TryToDecimal(Int128 unscaled, int scale)
    {
        var magnitude = (UInt128)Int128.Abs(unscaled);
        while (scale > 0 && (scale > MaxScale || magnitude >> 96 != 0))
        {
            var (quotient, remainder) = UInt128.DivRem(magnitude, 10);
            if (remainder != 0)
            {
                break;
            }

            magnitude = quotient;
            scale--;
        }

        if (scale > MaxScale || magnitude >> 96 != 0)
        {
            return null;
        }

        var low = (ulong)magnitude;
        return new decimal((int)low, (int)(low >> 32), (int)(uint)(magnitude >> 64), Int128.IsNegative(unscaled), (byte)scale);
    }

    // Null where digits would be lost.
    private static Int128? Rescale(decimal value, int scale)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        var magnitude = new UInt128((uint)parts[2], ((ulong)(uint)parts[1] << 32) | (uint)parts[0]);
        var missing = scale - value.Scale;
        if (magnitude == 0)
        {
            return 0;
        }

        for (; missing < 0; missing++)
        {
            var (quotient, remainder) = UInt128.DivRem(magnitude, 10);
            if (remainder != 0)
            {
                return null;
            }

            magnitude = quotient;
        }

        for (; missing > 0; missing--)
        {
            if (magnitude > (UInt128)Int128.MaxValue / 10)
            {
                return null;
            }

            magnitude *= 10;
        }

        return decimal.IsNegative(value) ? -(Int128)magnitude : (Int128)magnitude;
    }

    private static Int128 PowerOfTen(int exponent)
    {
        Int128 power = 1;
        for (var i = 0; i < exponent; i++)
        {
            power *= 10;
        }

        return power;
    }
}
