using System.Buffers;
using System.Text;

namespace Tarn.Lake;

/// <summary>Writes Thrift's compact protocol, in which Parquet keeps its headers and its footer (Thrift specification, "Thrift Compact protocol encoding").</summary>
internal ref struct ThriftWriter(ArrayBufferWriter<byte> output)
{
    private const byte True = 1;
    private const byte False = 2;
    private const byte Byte = 3;
    private const byte I32 = 5;
    private const byte I64 = 6;
    private const byte Binary = 8;
    private const byte List = 9;
    private const byte Struct = 12;

    private readonly ArrayBufferWriter<byte> _output = output;
    private readonly Stack<short> _outer = new();
    private short _last = 0;

    public void Field(short id, bool value) => Header(id, value ? True : False);

    public void Field(short id, sbyte value)
    {
        Header(id, Byte);
        Raw((byte)value);
    }

    public void Field(short id, int value)
    {
        Header(id, I32);
        ZigZag(value);
    }

    public void Field(short id, long value)
    {
        Header(id, I64);
        ZigZag(value);
    }

    public void Field(short id, string value) => Field(id, Encoding.UTF8.GetBytes(value));

    public void Field(short id, ReadOnlySpan<byte> value)
    {
        Header(id, Binary);
        Bytes(value);
    }

    public void BeginStruct(short id)
    {
        Header(id, Struct);
        BeginStruct();
    }

    /// <summary>A struct that is an element of a list, or the whole.</summary>
    public void BeginStruct()
    {
        _outer.Push(_last);
        _last = 0;
    }

    public void EndStruct()
    {
        Raw(0);
        _last = _outer.Pop();
    }

    public void EmptyStruct(short id)
    {
        BeginStruct(id);
        EndStruct();
    }

    public void BeginStructs(short id, int count) => BeginList(id, count, Struct);

    public void Texts(short id, params ReadOnlySpan<string> values)
    {
        BeginList(id, values.Length, Binary);
        foreach (var value in values)
        {
            Bytes(Encoding.UTF8.GetBytes(value));
        }
    }

    public void Numbers(short id, params ReadOnlySpan<int> values)
    {
        BeginList(id, values.Length, I32);
        foreach (var value in values)
        {
            ZigZag(value);
        }
    }

    private void BeginList(short id, int count, byte type)
    {
        Header(id, List);
        if (count < 15)
        {
            Raw((byte)((count << 4) | type));
        }
        else
        {
            Raw((byte)(0xF0 | type));
            VarInt((ulong)count);
        }
    }

    private void Header(short id, byte type)
    {
        // All structs of Parquet number their fields so closely, and we write them in order, that the short form always fits.
        Raw((byte)(((id - _last) << 4) | type));
        _last = id;
    }

    private readonly void Bytes(ReadOnlySpan<byte> value)
    {
        VarInt((ulong)value.Length);
        _output.Write(value);
    }

    private readonly void ZigZag(long value) => VarInt((ulong)((value << 1) ^ (value >> 63)));

    private readonly void VarInt(ulong value)
    {
        while (value >= 0x80)
        {
            Raw((byte)(value | 0x80));
            value >>= 7;
        }

        Raw((byte)value);
    }

    private readonly void Raw(byte value)
    {
        _output.GetSpan(1)[0] = value;
        _output.Advance(1);
    }
}
