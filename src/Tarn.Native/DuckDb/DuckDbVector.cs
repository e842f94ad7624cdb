using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Tarn.Native;

/// <summary>
/// A column's values in DuckDB's memory. A view: valid only while its chunk lives, and not checked. Values of rows
/// that are null are undefined; ask <see cref="IsNull"/> first.
/// </summary>
internal readonly unsafe struct DuckDbVector
{
    private const int InlineLength = 12;

    private readonly nint _vector;
    private readonly byte* _data;
    private readonly ulong* _validity;

    internal DuckDbVector(nint vector, DuckDbType type, int count)
    {
        _vector = vector;
        _data = (byte*)DuckDbApi.VectorData(vector);
        _validity = DuckDbApi.VectorValidity(vector);
        Type = type;
        Count = count;
    }

    internal DuckDbType Type { get; }

    /// <summary>The number of rows.</summary>
    internal int Count { get; }

    /// <summary>Whether no row is null; false says nothing.</summary>
    internal bool HasNoNulls => _validity is null;

    /// <summary>Whether the row's value is absent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsNull(int row) => _validity is not null && (_validity[row >> 6] & (1UL << (row & 63))) == 0;

    /// <summary>The values as DuckDB keeps them (a date is days, a timestamp microseconds, a boolean a byte); writable in an appender's chunk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Span<T> Values<T>()
        where T : unmanaged => new(_data, Count);

    /// <summary>The bytes of a VARCHAR or BLOB.</summary>
    internal ReadOnlySpan<byte> GetBytes(int row)
    {
        var text = (Text*)_data + row;
        return text->Length <= InlineLength
            ? new ReadOnlySpan<byte>(&text->Inline, (int)text->Length)
            : new ReadOnlySpan<byte>(text->Pointer, checked((int)text->Length));
    }

    /// <summary>The text of a VARCHAR.</summary>
    internal string GetString(int row) => Encoding.UTF8.GetString(GetBytes(row));

    /// <summary>The value as an object (see <see cref="DuckDbValues"/>), or null.</summary>
    internal object? GetValue(int row) => IsNull(row) ? null : DuckDbValues.Read(this, row);

    /// <summary>Of a list: where its elements lie in <see cref="ListChild"/>.</summary>
    internal (long Offset, long Length) GetListEntry(int row)
    {
        var entry = (ulong*)_data + (2 * (long)row);
        return ((long)entry[0], (long)entry[1]);
    }

    /// <summary>Of a list or map: all elements of all rows. A map's are structs of key and value.</summary>
    internal DuckDbVector ListChild(DuckDbType elementType) => new(DuckDbApi.ListChild(_vector), elementType, int.MaxValue);

    /// <summary>Of an array: all elements of all rows.</summary>
    internal DuckDbVector ArrayChild(DuckDbType elementType) => new(DuckDbApi.ArrayChild(_vector), elementType, int.MaxValue);

    /// <summary>Of a struct: the values of one field.</summary>
    internal DuckDbVector StructChild(int field, DuckDbType type) => new(DuckDbApi.StructChild(_vector, (ulong)field), type, Count);

    /// <summary>Of a map: its keys or values, in <see cref="ListChild"/>'s order.</summary>
    internal DuckDbVector MapChild(int field) => new(DuckDbApi.StructChild(DuckDbApi.ListChild(_vector), (ulong)field), Type.Children[field], int.MaxValue);

    /// <summary>Marks a row of an appender's chunk as absent.</summary>
    internal void SetNull(int row)
    {
        var validity = DuckDbApi.VectorValidity(_vector);
        if (validity is null)
        {
            DuckDbApi.MakeValidityWritable(_vector);
            validity = DuckDbApi.VectorValidity(_vector);
        }

        validity[row >> 6] &= ~(1UL << (row & 63));
    }

    /// <summary>Sets a row of an appender's chunk to UTF-8 text or bytes; up to 12 bytes are kept in place, more are copied by DuckDB.</summary>
    internal void SetBytes(int row, ReadOnlySpan<byte> bytes)
    {
        var text = (Text*)_data + row;
        if (bytes.Length <= InlineLength)
        {
            *text = default;
            text->Length = (uint)bytes.Length;
            bytes.CopyTo(new Span<byte>(&text->Inline, InlineLength));
            return;
        }

        fixed (byte* pointer = bytes)
        {
            DuckDbApi.AssignString(_vector, (ulong)row, pointer, (ulong)bytes.Length);
        }
    }

    /// <summary>Sets a row of an appender's chunk to text; half a surrogate pair becomes U+FFFD.</summary>
    internal void SetString(int row, ReadOnlySpan<char> value)
    {
        const int OnStack = 512;
        byte[]? rented = null;
        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        var buffer = most <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(most);
        SetBytes(row, buffer[..Encoding.UTF8.GetBytes(value, buffer)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>string_t: 16 bytes; the text itself up to 12 bytes, else four of it and a pointer.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 16)]
    private struct Text
    {
        [System.Runtime.InteropServices.FieldOffset(0)]
        internal uint Length;

        [System.Runtime.InteropServices.FieldOffset(4)]
        internal byte Inline;

        [System.Runtime.InteropServices.FieldOffset(8)]
        internal byte* Pointer;
    }
}
