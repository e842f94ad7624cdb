using System.Globalization;
using System.Text;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>One entry of a map of parameters: its key, and the value as it lies in the message.</summary>
internal readonly ref struct InferParameterEntry
{
    private const int BoolParameter = 1;
    private const int Int64Parameter = 2;
    private const int StringParameter = 3;
    private const int DoubleParameter = 4;
    private const int UInt64Parameter = 5;

    private readonly int _kind;
    private readonly ulong _bits;

    private InferParameterEntry(ReadOnlySpan<byte> key, int kind, ulong bits)
    {
        Key = key;
        _kind = kind;
        _bits = bits;
    }

    public ReadOnlySpan<byte> Key { get; }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="TarnException">It is none.</exception>
    public static InferParameterEntry Read(ProtoReader entry)
    {
        ReadOnlySpan<byte> key = default;
        var (kind, bits) = (0, 0UL);
        while (entry.Next())
        {
            if (entry.Is(1, ProtoWire.Bytes))
            {
                key = entry.Bytes();
            }
            else if (entry.Is(2, ProtoWire.Bytes))
            {
                ReadValue(entry.Message(), ref kind, ref bits);
            }
            else
            {
                entry.Skip();
            }
        }

        return new InferParameterEntry(key, kind, bits);
    }

    /// <summary>The value, where it has to be a whole number.</summary>
    /// <exception cref="TarnException">It is none, or out of its range.</exception>
    public long Whole(long most) => _kind is Int64Parameter or UInt64Parameter && _bits <= (ulong)most
        ? (long)_bits
        : throw TarnException.InvalidInput(
            string.Create(CultureInfo.InvariantCulture, $"The parameter {Encoding.UTF8.GetString(Key)} is a whole number of 0 to {most}, as int64_param or uint64_param."),
            _kind is Int64Parameter ? ((long)_bits).ToString(CultureInfo.InvariantCulture) : _kind is UInt64Parameter ? _bits.ToString(CultureInfo.InvariantCulture) : "another kind",
            "Correct it, or leave it out.");

    private static void ReadValue(ProtoReader value, ref int kind, ref ulong bits)
    {
        while (value.Next())
        {
            if (value is { Wire: ProtoWire.Varint, Field: BoolParameter or Int64Parameter or UInt64Parameter })
            {
                (kind, bits) = (value.Field, value.Varint());
            }
            else if (value.Is(StringParameter, ProtoWire.Bytes) || value.Is(DoubleParameter, ProtoWire.Fixed64))
            {
                kind = value.Field;
                value.Skip();
            }
            else
            {
                value.Skip();
            }
        }
    }
}
