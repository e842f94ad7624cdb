using System.Buffers.Binary;
using System.Globalization;
using System.Text.Unicode;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// Reads a Protocol Buffers message field by field, where it lies: <see cref="Next"/>, then one of the values or <see cref="Skip"/>. What is not of the format is refused,
/// with the byte of the whole message at which that shows.
/// </summary>
/// <param name="message">The message.</param>
/// <param name="offset">Where it begins in the whole message.</param>
internal ref struct ProtoReader(ReadOnlySpan<byte> message, int offset = 0)
{
    private const int MaxGroups = 32;
    private const uint MaxField = (1 << 29) - 1;

    private readonly ReadOnlySpan<byte> _message = message;
    private readonly int _offset = offset;
    private int _at;

    /// <summary>The number of the field that <see cref="Next"/> found.</summary>
    public int Field { get; private set; }

    /// <summary>How its value lies there.</summary>
    public ProtoWire Wire { get; private set; }

    public readonly bool IsAtEnd => _at == _message.Length;

    /// <summary>Bytes that are left.</summary>
    public readonly int Left => _message.Length - _at;

    /// <summary>How many bytes were read.</summary>
    public readonly int Position => _at;

    /// <summary>Goes to the next field; false at the end.</summary>
    public bool Next()
    {
        if (IsAtEnd)
        {
            return false;
        }

        var tag = Varint();
        var (field, wire) = (tag >> 3, (int)(tag & 7));
        if (field is 0 or > MaxField || wire > (int)ProtoWire.Fixed32)
        {
            throw Broken("no field begins so");
        }

        (Field, Wire) = ((int)field, (ProtoWire)wire);
        return true;
    }

    /// <summary>Whether the field is this one; one that lies there in another way is as good as unknown, as the format's rule says.</summary>
    public readonly bool Is(int field, ProtoWire wire) => Field == field && Wire == wire;

    /// <summary>A whole number of one to ten bytes.</summary>
    public ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (IsAtEnd)
            {
                throw Broken("it ends inside a number");
            }

            var next = _message[_at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Broken("a number has more than ten bytes");
    }

    public uint Fixed32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong Fixed64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>The bytes of a text, of bytes or of a message.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        var length = Varint();
        return length <= (ulong)Left ? Take((int)length) : throw Broken("a length goes beyond the end");
    }

    /// <summary>The bytes of a text.</summary>
    public ReadOnlySpan<byte> Text()
    {
        var text = Bytes();
        return Utf8.IsValid(text) ? text : throw Broken("a text is not UTF-8");
    }

    /// <summary>A message within the message, or the numbers of a packed list.</summary>
    public ProtoReader Message()
    {
        var bytes = Bytes();
        return new ProtoReader(bytes, _offset + _at - bytes.Length);
    }

    /// <summary>All bytes that are left.</summary>
    public ReadOnlySpan<byte> Rest() => Take(Left);

    /// <summary>Passes over the field's value.</summary>
    public void Skip()
    {
        var groups = 0;
        Span<int> open = stackalloc int[MaxGroups];
        do
        {
            switch (Wire)
            {
                case ProtoWire.Varint:
                    Varint();
                    break;
                case ProtoWire.Fixed64:
                    Take(8);
                    break;
                case ProtoWire.Bytes:
                    Bytes();
                    break;
                case ProtoWire.GroupStart when groups < MaxGroups:
                    open[groups++] = Field;
                    break;
                case ProtoWire.GroupEnd when groups > 0 && open[groups - 1] == Field:
                    groups--;
                    break;
                case ProtoWire.Fixed32:
                    Take(4);
                    break;
                default:
                    throw Broken("a group is not closed as it was opened, or lies too deep");
            }
        }
        while (groups > 0 && (Next() ? true : throw Broken("it ends inside a group")));
    }

    /// <summary>The error of a message that is none.</summary>
    public readonly TarnException Broken(string what) => TarnException.InvalidInput(
        "A request is a message of Protocol Buffers, as grpc_service.proto describes it.",
        string.Create(CultureInfo.InvariantCulture, $"byte {_offset + _at}: {what}"),
        "Make the client from that description, which reflection gives, too.");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Left)
        {
            throw Broken("it ends inside a value");
        }

        _at += count;
        return _message.Slice(_at - count, count);
    }
}
