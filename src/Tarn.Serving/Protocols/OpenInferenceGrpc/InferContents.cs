using System.Buffers.Binary;
using System.Globalization;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>Reads a tensor's elements from InferTensorContents, the lists of numbers by their kinds; packed or not, in one piece or several, as the format allows.</summary>
internal ref struct InferContents
{
    private const int Contents = 5;
    private const int Texts = 8;

    private static readonly string[] Lists = ["", "bool_contents", "int_contents", "int64_contents", "uint_contents", "uint64_contents", "fp32_contents", "fp64_contents", "bytes_contents"];

    private readonly TensorPort _port;
    private readonly TensorData _tensor;
    private readonly int _list;
    private int _filled;

    private InferContents(TensorPort port, TensorData tensor) => (_port, _tensor, _list) = (port, tensor, ListOf(port.Type));

    /// <summary>Sets a tensor from the contents of its input.</summary>
    /// <param name="input">The input's message.</param>
    /// <param name="port">What the model takes there.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="shape">The shape that was sent.</param>
    /// <exception cref="TarnException">The elements are of another kind, or not as many as the shape says.</exception>
    public static void Read(ProtoReader input, TensorPort port, TensorData tensor, ReadOnlySpan<long> shape)
    {
        // A shape alone must not cost memory: an element takes a byte at least.
        var count = TensorData.CountOf(shape, Math.Max(1, port.ElementSize), port.Name);
        if (count > input.Left)
        {
            throw Mismatch(port, shape, count, null);
        }

        tensor.Set(port.Type, shape, port.Name);
        var contents = new InferContents(port, tensor);
        while (input.Next())
        {
            if (input.Is(Contents, ProtoWire.Bytes))
            {
                contents.Read(input.Message());
            }
            else
            {
                input.Skip();
            }
        }

        if (contents._filled != count)
        {
            throw Mismatch(port, shape, count, contents._filled);
        }
    }

    /// <summary>Requires that an input whose elements came as raw bytes has no contents.</summary>
    public static void RequireNone(ProtoReader input, TensorPort port)
    {
        while (input.Next())
        {
            if (input.Is(Contents, ProtoWire.Bytes) && input.Bytes().Length > 0)
            {
                throw TarnException.InvalidInput("A tensor is sent once, in raw_input_contents or as contents.", port.Name, "Leave one of them out.");
            }

            if (!input.Is(Contents, ProtoWire.Bytes))
            {
                input.Skip();
            }
        }
    }

    private void Read(ProtoReader contents)
    {
        while (contents.Next())
        {
            if (contents.Field > Texts)
            {
                contents.Skip();
            }
            else if (contents.Field != _list)
            {
                RequireEmpty(ref contents);
            }
            else if (_list == Texts)
            {
                ReadText(ref contents);
            }
            else
            {
                ReadNumbers(ref contents);
            }
        }
    }

    private void ReadText(ref ProtoReader contents)
    {
        if (contents.Wire != ProtoWire.Bytes)
        {
            contents.Skip();
            return;
        }

        var text = contents.Bytes();
        RequireRoom(1);
        _tensor.Texts[_filled++] = text.ToArray();
    }

    private void ReadNumbers(ref ProtoReader contents)
    {
        var wire = _port.Type switch { OnnxElementType.Float => ProtoWire.Fixed32, OnnxElementType.Double => ProtoWire.Fixed64, _ => ProtoWire.Varint };
        if (contents.Wire == ProtoWire.Bytes)
        {
            var packed = contents.Message();
            if (wire == ProtoWire.Varint)
            {
                while (!packed.IsAtEnd)
                {
                    Add(packed.Varint());
                }
            }
            else
            {
                Copy(ref packed);
            }
        }
        else if (contents.Wire == wire)
        {
            Add(wire switch { ProtoWire.Fixed32 => contents.Fixed32(), ProtoWire.Fixed64 => contents.Fixed64(), _ => contents.Varint() });
        }
        else
        {
            contents.Skip();
        }
    }

    /// <summary>Numbers that lie in the message as they do in memory.</summary>
    private void Copy(ref ProtoReader packed)
    {
        var bytes = packed.Rest();
        if (bytes.Length % _port.ElementSize != 0)
        {
            throw packed.Broken("a list ends inside a number");
        }

        RequireRoom(bytes.Length / _port.ElementSize);
        bytes.CopyTo(_tensor.Bytes[(_filled * _port.ElementSize)..]);
        _filled += bytes.Length / _port.ElementSize;
    }

    private void Add(ulong bits)
    {
        RequireRoom(1);
        var to = _tensor.Bytes[(_filled * _port.ElementSize)..];
        var (signed, unsigned) = ((int)bits, (uint)bits);
        switch (_port.Type)
        {
            case OnnxElementType.Bool:
                to[0] = bits != 0 ? (byte)1 : (byte)0;
                break;
            case OnnxElementType.Int8:
                RequireRange(signed, sbyte.MinValue, sbyte.MaxValue);
                to[0] = (byte)signed;
                break;
            case OnnxElementType.UInt8:
                RequireRange(unsigned, 0, byte.MaxValue);
                to[0] = (byte)unsigned;
                break;
            case OnnxElementType.Int16:
                RequireRange(signed, short.MinValue, short.MaxValue);
                BinaryPrimitives.WriteInt16LittleEndian(to, (short)signed);
                break;
            case OnnxElementType.UInt16:
                RequireRange(unsigned, 0, ushort.MaxValue);
                BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)unsigned);
                break;
            case OnnxElementType.Int32 or OnnxElementType.UInt32 or OnnxElementType.Float:
                BinaryPrimitives.WriteUInt32LittleEndian(to, unsigned);
                break;
            default:
                BinaryPrimitives.WriteUInt64LittleEndian(to, bits);
                break;
        }

        _filled++;
    }

    private readonly void RequireRoom(int more)
    {
        if (more > _tensor.Count - _filled)
        {
            throw Mismatch(_port, _tensor.Shape, _tensor.Count, (long)_filled + more);
        }
    }

    private readonly void RequireRange(long value, long least, long most)
    {
        if (value < least || value > most)
        {
            throw TarnException.InvalidInput(
                string.Create(CultureInfo.InvariantCulture, $"An element of {TensorTypes.OpenInference(_port.Type)} is {least} to {most}."), string.Create(CultureInfo.InvariantCulture, $"{_port.Name}[{_filled}]: {value}"), "Correct it.");
        }
    }

    private readonly void RequireEmpty(ref ProtoReader contents)
    {
        var (list, isPacked) = (contents.Field, contents.Wire == ProtoWire.Bytes);
        var isEmpty = isPacked && list != Texts && contents.Bytes().Length == 0;
        if (!isEmpty)
        {
            throw _list == 0
                ? TarnException.InvalidInput($"Elements of {TensorTypes.OpenInference(_port.Type)} have no list in contents.", $"{_port.Name}: {Lists[list]}", "Send them in raw_input_contents.")
                : TarnException.InvalidInput($"Elements of {TensorTypes.OpenInference(_port.Type)} are in {Lists[_list]}.", $"{_port.Name}: {Lists[list]}", $"Send them in {Lists[_list]}, or in raw_input_contents.");
        }
    }

    private static TarnException Mismatch(TensorPort port, ReadOnlySpan<long> shape, long count, long? sent) => TarnException.InvalidInput(
        "A tensor has as many elements as its shape says.",
        string.Create(CultureInfo.InvariantCulture, $"{port.Name}: {(sent is null ? "fewer" : sent > count ? "more" : sent.Value.ToString(CultureInfo.InvariantCulture))} for {TensorTypes.OpenInference(port.Type)}{Shapes.Text(shape)}, which has {count}"),
        ListOf(port.Type) == 0 ? "Send them in raw_input_contents." : $"Correct the shape, or send all elements, in {Lists[ListOf(port.Type)]} or in raw_input_contents.");

    private static int ListOf(OnnxElementType type) => type switch
    {
        OnnxElementType.Bool => 1,
        OnnxElementType.Int8 or OnnxElementType.Int16 or OnnxElementType.Int32 => 2,
        OnnxElementType.Int64 => 3,
        OnnxElementType.UInt8 or OnnxElementType.UInt16 or OnnxElementType.UInt32 => 4,
        OnnxElementType.UInt64 => 5,
        OnnxElementType.Float => 6,
        OnnxElementType.Double => 7,
        OnnxElementType.String => Texts,
        _ => 0,
    };
}
