using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>How values of one .NET type are kept in a vector. Implementations are stateless structs, so that generic code over them is compiled for each.</summary>
internal interface IColumnCodec<TValue>
{
    /// <summary>The column's type where the property says no more.</summary>
    static abstract ColumnType Type { get; }

    /// <summary>DuckDB's type of a column of that type.</summary>
    static abstract DuckDbTypeId Id { get; }

    static abstract void Write(in DuckDbVector vector, int row, TValue value);

    static abstract TValue Read(in DuckDbVector vector, int row);
}

internal readonly struct BooleanCodec : IColumnCodec<bool>
{
    public static ColumnType Type => ColumnType.Boolean;

    public static DuckDbTypeId Id => DuckDbTypeId.Boolean;

    public static void Write(in DuckDbVector vector, int row, bool value) => vector.Values<bool>()[row] = value;

    public static bool Read(in DuckDbVector vector, int row) => vector.Values<byte>()[row] != 0;
}

internal readonly struct SByteCodec : IColumnCodec<sbyte>
{
    public static ColumnType Type => ColumnType.Byte;

    public static DuckDbTypeId Id => DuckDbTypeId.TinyInt;

    public static void Write(in DuckDbVector vector, int row, sbyte value) => vector.Values<sbyte>()[row] = value;

    public static sbyte Read(in DuckDbVector vector, int row) => vector.Values<sbyte>()[row];
}

internal readonly struct ShortCodec : IColumnCodec<short>
{
    public static ColumnType Type => ColumnType.Short;

    public static DuckDbTypeId Id => DuckDbTypeId.SmallInt;

    public static void Write(in DuckDbVector vector, int row, short value) => vector.Values<short>()[row] = value;

    public static short Read(in DuckDbVector vector, int row) => vector.Values<short>()[row];
}

internal readonly struct IntegerCodec : IColumnCodec<int>
{
    public static ColumnType Type => ColumnType.Integer;

    public static DuckDbTypeId Id => DuckDbTypeId.Integer;

    public static void Write(in DuckDbVector vector, int row, int value) => vector.Values<int>()[row] = value;

    public static int Read(in DuckDbVector vector, int row) => vector.Values<int>()[row];
}

internal readonly struct LongCodec : IColumnCodec<long>
{
    public static ColumnType Type => ColumnType.Long;

    public static DuckDbTypeId Id => DuckDbTypeId.BigInt;

    public static void Write(in DuckDbVector vector, int row, long value) => vector.Values<long>()[row] = value;

    public static long Read(in DuckDbVector vector, int row) => vector.Values<long>()[row];
}

internal readonly struct FloatCodec : IColumnCodec<float>
{
    public static ColumnType Type => ColumnType.Float;

    public static DuckDbTypeId Id => DuckDbTypeId.Float;

    public static void Write(in DuckDbVector vector, int row, float value) => vector.Values<float>()[row] = value;

    public static float Read(in DuckDbVector vector, int row) => vector.Values<float>()[row];
}

internal readonly struct DoubleCodec : IColumnCodec<double>
{
    public static ColumnType Type => ColumnType.Double;

    public static DuckDbTypeId Id => DuckDbTypeId.Double;

    public static void Write(in DuckDbVector vector, int row, double value) => vector.Values<double>()[row] = value;

    public static double Read(in DuckDbVector vector, int row) => vector.Values<double>()[row];
}

internal readonly struct DecimalCodec : IColumnCodec<decimal>
{
    public static ColumnType Type { get; } = ColumnType.Decimal(38, 18);

    public static DuckDbTypeId Id => DuckDbTypeId.Decimal;

    public static void Write(in DuckDbVector vector, int row, decimal value) => DuckDbDecimals.Write(vector, row, value);

    public static decimal Read(in DuckDbVector vector, int row) => DuckDbDecimals.Read(vector, row);
}

internal readonly struct DateCodec : IColumnCodec<DateOnly>
{
    public static ColumnType Type => ColumnType.Date;

    public static DuckDbTypeId Id => DuckDbTypeId.Date;

    public static void Write(in DuckDbVector vector, int row, DateOnly value) => vector.Values<int>()[row] = value.DayNumber - DuckDbTimes.EpochDay;

    public static DateOnly Read(in DuckDbVector vector, int row) => DuckDbTimes.ToDate(vector.Values<int>()[row]);
}

internal readonly struct InstantCodec : IColumnCodec<DateTimeOffset>
{
    public static ColumnType Type => ColumnType.Timestamp;

    public static DuckDbTypeId Id => DuckDbTypeId.TimestampTz;

    public static void Write(in DuckDbVector vector, int row, DateTimeOffset value) => vector.Values<long>()[row] = DuckDbTimes.ToMicroseconds(value);

    public static DateTimeOffset Read(in DuckDbVector vector, int row) => DuckDbTimes.ToInstant(vector.Values<long>()[row]);
}

internal readonly struct DateTimeCodec : IColumnCodec<DateTime>
{
    public static ColumnType Type => ColumnType.TimestampNtz;

    public static DuckDbTypeId Id => DuckDbTypeId.Timestamp;

    public static void Write(in DuckDbVector vector, int row, DateTime value) => vector.Values<long>()[row] = DuckDbTimes.ToMicroseconds(value);

    public static DateTime Read(in DuckDbVector vector, int row) => DuckDbTimes.ToDateTime(vector.Values<long>()[row]);
}

internal readonly struct StringCodec : IColumnCodec<string>
{
    public static ColumnType Type => ColumnType.String;

    public static DuckDbTypeId Id => DuckDbTypeId.Varchar;

    public static void Write(in DuckDbVector vector, int row, string value) => vector.SetString(row, value);

    public static string Read(in DuckDbVector vector, int row) => vector.GetString(row);
}

internal readonly struct BytesCodec : IColumnCodec<byte[]>
{
    public static ColumnType Type => ColumnType.Binary;

    public static DuckDbTypeId Id => DuckDbTypeId.Blob;

    public static void Write(in DuckDbVector vector, int row, byte[] value) => vector.SetBytes(row, value);

    public static byte[] Read(in DuckDbVector vector, int row) => vector.GetBytes(row).ToArray();
}

internal readonly struct GuidCodec : IColumnCodec<Guid>
{
    public static ColumnType Type => ColumnType.String;

    public static DuckDbTypeId Id => DuckDbTypeId.Varchar;

    public static void Write(in DuckDbVector vector, int row, Guid value)
    {
        Span<byte> text = stackalloc byte[36];
        value.TryFormat(text, out var length);
        vector.SetBytes(row, text[..length]);
    }

    public static Guid Read(in DuckDbVector vector, int row) =>
        Guid.TryParse(vector.GetBytes(row), out var value) ? value : throw TarnException.Corrupt("A column read as a Guid holds UUIDs as text.", vector.GetString(row));
}

/// <summary>An enum is kept as its name's snake_case.</summary>
internal readonly struct EnumCodec<TEnum> : IColumnCodec<TEnum>
    where TEnum : struct, Enum
{
    private static readonly Dictionary<TEnum, string> Names = Enum.GetValues<TEnum>().Distinct().ToDictionary(static v => v, static v => SnakeCase.From(v.ToString()));
    private static readonly Dictionary<string, TEnum> Values = Names.ToDictionary(static p => p.Value, static p => p.Key, StringComparer.Ordinal);

    public static ColumnType Type => ColumnType.String;

    public static DuckDbTypeId Id => DuckDbTypeId.Varchar;

    public static void Write(in DuckDbVector vector, int row, TEnum value) => vector.SetString(row, Names.TryGetValue(value, out var name)
        ? name
        : throw TarnException.InvalidInput($"A value of {typeof(TEnum).Name} is one of its names.", value.ToString()));

    public static TEnum Read(in DuckDbVector vector, int row) => Values.TryGetValue(vector.GetString(row), out var value)
        ? value
        : throw TarnException.Corrupt($"A value of {typeof(TEnum).Name} is one of {string.Join(", ", Values.Keys)}.", vector.GetString(row));
}
