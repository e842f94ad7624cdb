using System.Globalization;
using System.Numerics;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Values of a query's rows, in the types that <see cref="QueryResult.RowsAsync"/> promises.</summary>
internal static class QueryValues
{
    internal static List<object?[]> Read(DuckDbChunk chunk, int count)
    {
        var columns = chunk.ColumnCount;
        var rows = new List<object?[]>(count);
        for (var i = 0; i < count; i++)
        {
            rows.Add(new object?[columns]);
        }

        for (var c = 0; c < columns; c++)
        {
            var vector = chunk.Column(c);
            for (var i = 0; i < count; i++)
            {
                rows[i][c] = Plain(vector.GetValue(i));
            }
        }

        return rows;
    }

    private static object? Plain(object? value) => value switch
    {
        Int128 v => Int128.Abs(v) <= (Int128)decimal.MaxValue ? (decimal)v : (BigInteger)v,
        UInt128 v => v <= (UInt128)decimal.MaxValue ? (decimal)v : (BigInteger)v,
        ulong v => (decimal)v,
        byte v => (short)v,
        ushort v => (int)v,
        uint v => (long)v,
        TimeOnly v => v.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        Guid v => v.ToString(),
        object?[] list => Array.ConvertAll(list, Plain),
        Dictionary<string, object?> fields => PlainFields(fields),
        KeyValuePair<object, object?>[] map => Array.ConvertAll(map, static p => new KeyValuePair<object, object?>(Plain(p.Key)!, Plain(p.Value))),
        _ => value,
    };

    private static Dictionary<string, object?> PlainFields(Dictionary<string, object?> fields)
    {
        foreach (var name in fields.Keys)
        {
            fields[name] = Plain(fields[name]);
        }

        return fields;
    }
}
