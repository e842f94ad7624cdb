using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Reads one column of a chunk into an array.</summary>
internal abstract class ColumnReader(string column)
{
    /// <summary>The column's name.</summary>
    protected string Column { get; } = column;

    /// <summary>The type that the vector must have.</summary>
    internal abstract DuckDbTypeId Id { get; }

    internal abstract void Load(in DuckDbVector vector);

    /// <summary>Loads a chunk from a source without the column: all null.</summary>
    internal abstract void LoadMissing(int rows);

    protected TarnException Null() => TarnException.Corrupt($"Column {Column} is never null.", "null", "Declare the property nullable to read such rows.");
}

/// <summary>A reader of values of a property's type.</summary>
internal abstract class ColumnReader<TProperty>(string column) : ColumnReader(column)
{
    /// <summary>The loaded chunk's values: at least as many as it has rows.</summary>
    internal TProperty[] Values = [];

    protected void Reserve(int rows)
    {
        if (Values.Length < rows)
        {
            Values = new TProperty[rows];
        }
    }
}

internal sealed class ValueReader<TValue, TCodec>(string column) : ColumnReader<TValue>(column)
    where TValue : struct
    where TCodec : struct, IColumnCodec<TValue>
{
    internal override DuckDbTypeId Id => TCodec.Id;

    internal override void Load(in DuckDbVector vector)
    {
        Reserve(vector.Count);
        for (var i = 0; i < vector.Count; i++)
        {
            Values[i] = vector.IsNull(i) ? throw Null() : TCodec.Read(vector, i);
        }
    }

    internal override void LoadMissing(int rows) => throw Null();
}

internal sealed class NullableReader<TValue, TCodec>(string column) : ColumnReader<TValue?>(column)
    where TValue : struct
    where TCodec : struct, IColumnCodec<TValue>
{
    internal override DuckDbTypeId Id => TCodec.Id;

    internal override void Load(in DuckDbVector vector)
    {
        Reserve(vector.Count);
        for (var i = 0; i < vector.Count; i++)
        {
            Values[i] = vector.IsNull(i) ? null : TCodec.Read(vector, i);
        }
    }

    internal override void LoadMissing(int rows)
    {
        Reserve(rows);
        Array.Clear(Values);
    }
}

internal sealed class ReferenceReader<TValue, TCodec>(string column, bool nullable) : ColumnReader<TValue?>(column)
    where TValue : class
    where TCodec : struct, IColumnCodec<TValue>
{
    internal override DuckDbTypeId Id => TCodec.Id;

    internal override void Load(in DuckDbVector vector)
    {
        Reserve(vector.Count);
        for (var i = 0; i < vector.Count; i++)
        {
            Values[i] = !vector.IsNull(i) ? TCodec.Read(vector, i) : nullable ? null : throw Null();
        }
    }

    internal override void LoadMissing(int rows)
    {
        if (!nullable)
        {
            throw Null();
        }

        Reserve(rows);
        Array.Clear(Values);
    }
}
