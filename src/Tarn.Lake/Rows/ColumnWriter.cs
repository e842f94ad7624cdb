using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Writes one property of rows into a vector, without boxing.</summary>
internal abstract class ColumnWriter<T>
{
    /// <summary>Writes the rows from the vector's first place on.</summary>
    internal abstract void Write(ReadOnlySpan<T> rows, in DuckDbVector vector);
}

internal sealed class ValueWriter<T, TValue, TCodec>(Func<T, TValue> get) : ColumnWriter<T>
    where TValue : struct
    where TCodec : struct, IColumnCodec<TValue>
{
    internal override void Write(ReadOnlySpan<T> rows, in DuckDbVector vector)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            TCodec.Write(vector, i, get(rows[i]));
        }
    }
}

internal sealed class NullableWriter<T, TValue, TCodec>(Func<T, TValue?> get) : ColumnWriter<T>
    where TValue : struct
    where TCodec : struct, IColumnCodec<TValue>
{
    internal override void Write(ReadOnlySpan<T> rows, in DuckDbVector vector)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            if (get(rows[i]) is { } value)
            {
                TCodec.Write(vector, i, value);
            }
            else
            {
                vector.SetNull(i);
            }
        }
    }
}

internal sealed class ReferenceWriter<T, TValue, TCodec>(string column, bool nullable, Func<T, TValue?> get) : ColumnWriter<T>
    where TValue : class
    where TCodec : struct, IColumnCodec<TValue>
{
    internal override void Write(ReadOnlySpan<T> rows, in DuckDbVector vector)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            if (get(rows[i]) is { } value)
            {
                TCodec.Write(vector, i, value);
            }
            else if (nullable)
            {
                vector.SetNull(i);
            }
            else
            {
                throw TarnException.InvalidInput($"Column {column} is never null.", $"row {i}", "Declare the property nullable, or give it a value.");
            }
        }
    }
}
