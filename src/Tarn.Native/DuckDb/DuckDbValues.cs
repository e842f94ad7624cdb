using System.Globalization;
using System.Runtime.InteropServices;

namespace Tarn.Native;

/// <summary>
/// Single values as .NET objects. Integers as their own types, HUGEINT as <see cref="Int128"/>, DECIMAL as <see cref="decimal"/> (as <see cref="System.Data.SqlTypes.SqlDecimal"/> what has more than 28 digits),
/// DATE as <see cref="DateOnly"/>, TIME as <see cref="TimeOnly"/>, timestamps without zone as <see cref="DateTime"/> (kind unspecified),
/// TIMESTAMPTZ as <see cref="DateTimeOffset"/> in UTC, INTERVAL as ISO 8601 text, UUID as <see cref="Guid"/>, lists and arrays as
/// <c>object?[]</c>, structs as <c>Dictionary&lt;string, object?&gt;</c>, maps as <c>KeyValuePair&lt;object, object?&gt;[]</c> in order.
/// </summary>
internal static unsafe class DuckDbValues
{
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;

    internal static object Read(in DuckDbVector vector, int row) => vector.Type.Id switch
    {
        DuckDbTypeId.Boolean => vector.Values<byte>()[row] != 0,
        DuckDbTypeId.TinyInt => vector.Values<sbyte>()[row],
        DuckDbTypeId.SmallInt => vector.Values<short>()[row],
        DuckDbTypeId.Integer => vector.Values<int>()[row],
        DuckDbTypeId.BigInt => vector.Values<long>()[row],
        DuckDbTypeId.UTinyInt => vector.Values<byte>()[row],
        DuckDbTypeId.USmallInt => vector.Values<ushort>()[row],
        DuckDbTypeId.UInteger => vector.Values<uint>()[row],
        DuckDbTypeId.UBigInt => vector.Values<ulong>()[row],
        DuckDbTypeId.HugeInt => vector.Values<Int128>()[row],
        DuckDbTypeId.UHugeInt => vector.Values<UInt128>()[row],
        DuckDbTypeId.Float => vector.Values<float>()[row],
        DuckDbTypeId.Double => vector.Values<double>()[row],
        DuckDbTypeId.Decimal => DuckDbDecimals.ReadAny(vector, row),
        DuckDbTypeId.Varchar => vector.GetString(row),
        DuckDbTypeId.Blob => vector.GetBytes(row).ToArray(),
        DuckDbTypeId.Date => DuckDbTimes.ToDate(vector.Values<int>()[row]),
        DuckDbTypeId.Time => new TimeOnly(Math.Min(vector.Values<long>()[row], (24L * 3600 * 1_000_000) - 1) * TicksPerMicrosecond),
        DuckDbTypeId.Timestamp => DuckDbTimes.ToDateTime(vector.Values<long>()[row]),
        DuckDbTypeId.TimestampSeconds => DuckDbTimes.ToDateTime(DuckDbTimes.Scale(vector.Values<long>()[row], 1_000_000)),
        DuckDbTypeId.TimestampMilliseconds => DuckDbTimes.ToDateTime(DuckDbTimes.Scale(vector.Values<long>()[row], 1_000)),
        DuckDbTypeId.TimestampNanoseconds => DuckDbTimes.NanosecondsToDateTime(vector.Values<long>()[row]),
        DuckDbTypeId.TimestampTz => DuckDbTimes.ToInstant(vector.Values<long>()[row]),
        DuckDbTypeId.Interval => DuckDbTimes.ToIsoText(vector.Values<DuckDbTimes.Interval>()[row]),
        DuckDbTypeId.Uuid => ToGuid(vector.Values<Int128>()[row]),
        DuckDbTypeId.Enum => ReadEnum(vector, row),
        DuckDbTypeId.List => ReadList(vector.ListChild(vector.Type.Children[0]), vector.GetListEntry(row)),
        DuckDbTypeId.Array => ReadList(vector.ArrayChild(vector.Type.Children[0]), ((long)row * vector.Type.Size, vector.Type.Size)),
        DuckDbTypeId.Map => ReadMap(vector, row),
        DuckDbTypeId.Struct => ReadStruct(vector, row),
        _ => throw new DuckDbException(DuckDbErrorType.InvalidInput, $"Values of type {vector.Type} are not read; cast the column to VARCHAR."),
    };

    /// <summary>Makes a value of DuckDB's, to be destroyed by the caller.</summary>
    internal static nint Create(object? value) => value switch
    {
        null => DuckDbApi.NullValue(),
        bool v => DuckDbApi.BoolValue(v),
        int v => DuckDbApi.Int32Value(v),
        short v => DuckDbApi.Int32Value(v),
        sbyte v => DuckDbApi.Int32Value(v),
        byte v => DuckDbApi.Int32Value(v),
        long v => DuckDbApi.Int64Value(v),
        uint v => DuckDbApi.Int64Value(v),
        float v => DuckDbApi.FloatValue(v),
        double v => DuckDbApi.DoubleValue(v),
        decimal v => DuckDbApi.DecimalValue(DuckDbDecimals.ToNative(v)),
        string v => CreateString(v),
        byte[] v => CreateBlob(v),
        DateOnly v => DuckDbApi.DateValue(v.DayNumber - DuckDbTimes.EpochDay),
        DateTimeOffset v => DuckDbApi.TimestampTzValue(DuckDbTimes.ToMicroseconds(v)),
        DateTime v => DuckDbApi.TimestampValue(DuckDbTimes.ToMicroseconds(v)),
        Guid v => CreateString(v.ToString()),
        IEnumerable<string?> v => CreateList(DuckDbTypeId.Varchar, v),
        IEnumerable<long> v => CreateList(DuckDbTypeId.BigInt, v),
        IEnumerable<int> v => CreateList(DuckDbTypeId.Integer, v),
        IEnumerable<DateTimeOffset> v => CreateList(DuckDbTypeId.TimestampTz, v),
        _ => throw new DuckDbException(DuckDbErrorType.InvalidInput, $"A value of type {value.GetType()} cannot be a parameter."),
    };

    private static nint CreateString(string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        fixed (byte* pointer = bytes)
        {
            byte empty = 0;
            return DuckDbApi.StringValue(bytes.Length == 0 ? &empty : pointer, (ulong)bytes.Length);
        }
    }

    private static nint CreateBlob(byte[] bytes)
    {
        fixed (byte* pointer = bytes)
        {
            byte empty = 0;
            return DuckDbApi.BlobValue(bytes.Length == 0 ? &empty : pointer, (ulong)bytes.Length);
        }
    }

    private static nint CreateList<T>(DuckDbTypeId elementType, IEnumerable<T> elements)
    {
        var values = new List<nint>();
        var type = DuckDbApi.CreateType((int)elementType);
        try
        {
            foreach (var element in elements)
            {
                values.Add(Create(element));
            }

            fixed (nint* first = CollectionsMarshal.AsSpan(values))
            {
                nint none = 0;
                return DuckDbApi.ListValue(type, values.Count == 0 ? &none : first, (ulong)values.Count);
            }
        }
        finally
        {
            DuckDbApi.DestroyType(ref type);
            foreach (ref var value in CollectionsMarshal.AsSpan(values))
            {
                DuckDbApi.DestroyValue(ref value);
            }
        }
    }

    private static string ReadEnum(in DuckDbVector vector, int row)
    {
        var names = vector.Type.Names;
        return names.Count switch
        {
            <= 256 => names[vector.Values<byte>()[row]],
            <= 65536 => names[vector.Values<ushort>()[row]],
            _ => names[(int)vector.Values<uint>()[row]],
        };
    }

    private static object?[] ReadList(in DuckDbVector elements, (long Offset, long Length) entry)
    {
        var list = new object?[entry.Length];
        for (var i = 0; i < list.Length; i++)
        {
            list[i] = elements.GetValue(checked((int)(entry.Offset + i)));
        }

        return list;
    }

    private static KeyValuePair<object, object?>[] ReadMap(in DuckDbVector vector, int row)
    {
        var (offset, length) = vector.GetListEntry(row);
        var keys = vector.MapChild(0);
        var values = vector.MapChild(1);
        var map = new KeyValuePair<object, object?>[length];
        for (var i = 0; i < map.Length; i++)
        {
            var index = checked((int)(offset + i));
            map[i] = new KeyValuePair<object, object?>(Read(keys, index), values.GetValue(index));
        }

        return map;
    }

    private static Dictionary<string, object?> ReadStruct(in DuckDbVector vector, int row)
    {
        var type = vector.Type;
        var fields = new Dictionary<string, object?>(type.Names.Count, StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < type.Names.Count; i++)
        {
            fields[type.Names[i]] = vector.StructChild(i, type.Children[i]).GetValue(row);
        }

        return fields;
    }

    // A UUID is kept as a signed 128-bit number with its highest bit flipped, so that numbers sort as the texts do.
    private static Guid ToGuid(Int128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt128BigEndian(bytes, value ^ Int128.MinValue);
        return new Guid(bytes, bigEndian: true);
    }
}
