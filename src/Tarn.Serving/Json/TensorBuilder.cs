using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>
/// Makes a tensor of nested JSON arrays: its shape is found on the way, and rows that are not alike are refused. Made for one input of one request after another.
/// </summary>
internal sealed class TensorBuilder : IDisposable
{
    private const int MostKeptTexts = 4096;

    private readonly long[] _shape = new long[TensorData.MaxRank];
    private readonly List<byte[]> _texts = [];
    private PooledBuffer? _bytes;
    private TensorPort _port = null!;
    private int _rank;
    private bool _isNullable;

    /// <summary>Elements so far.</summary>
    public int Count { get; private set; }

    /// <summary>Begins a tensor.</summary>
    /// <param name="port">What it is for.</param>
    /// <param name="isNullable">Whether <c>null</c> is <c>NaN</c>, for types that have that.</param>
    public void Begin(TensorPort port, bool isNullable = false)
    {
        _port = port;
        _isNullable = isNullable;
        _rank = -1;
        Count = 0;
        _texts.Clear();
        _bytes ??= PooledBuffer.Rent();
        _bytes.Clear();
    }

    /// <summary>Reads a value, a number or arrays of numbers, whose shape has to be that of those that were read before it.</summary>
    public void Read(ref JsonScanner json) => Read(ref json, 0);

    /// <summary>Gives what was read, as a tensor of the shape that it had.</summary>
    public void Finish(TensorData tensor) => Finish(tensor, _shape.AsSpan(0, Math.Max(0, _rank)));

    /// <summary>Gives several values that were read one after another: rows of a tensor.</summary>
    public void FinishRows(TensorData tensor, int rows)
    {
        Span<long> shape = stackalloc long[TensorData.MaxRank + 1];
        shape[0] = rows;
        _shape.AsSpan(0, Math.Max(0, _rank)).CopyTo(shape[1..]);
        Finish(tensor, shape[..(Math.Max(0, _rank) + 1)]);
    }

    /// <summary>Elements of a tensor of this shape; a number beyond all tensors where there would be more.</summary>
    public static long CountOf(ReadOnlySpan<long> shape)
    {
        Int128 count = 1;
        foreach (var length in shape)
        {
            count = Int128.Min(count * length, long.MaxValue / 16);
        }

        return (long)count;
    }

    /// <summary>Requires that a text holds no zero byte, where ONNX Runtime would end it.</summary>
    public static byte[] CheckedText(byte[] text, string name) => !text.AsSpan().Contains((byte)0) ? text : throw TarnException.InvalidInput(
        "A text holds no character U+0000: for ONNX Runtime it would end there.", name, "Leave it out; a model that takes bytes takes them as UINT8.");

    public void Dispose()
    {
        _bytes?.Dispose();
        _bytes = null;
        _texts.Clear();
        if (_texts.Capacity > MostKeptTexts)
        {
            _texts.Capacity = 0;
        }
    }

    /// <summary>Gives the elements in a shape that the caller says.</summary>
    public void Finish(TensorData tensor, ReadOnlySpan<long> shape)
    {
        // Looked at first, so that no memory is taken for what was not sent.
        if (CountOf(shape) != Count)
        {
            throw TarnException.InvalidInput(
                "A tensor has as many elements as the product of its dimensions.",
                string.Create(CultureInfo.InvariantCulture, $"{_port.Name}: {Count} elements for the shape {Shapes.Text(shape)}"),
                "Correct the shape, or send all elements.");
        }

        tensor.Set(_port.Type, shape, _port.Name);
        if (_port.IsText)
        {
            CollectionsMarshal.AsSpan(_texts).CopyTo(tensor.Texts);
        }
        else
        {
            _bytes!.Written.CopyTo(tensor.Bytes);
        }
    }

    /// <summary>Reads elements whose nesting says nothing: the shape is said elsewhere.</summary>
    public void ReadFlat(ref JsonScanner json, int mostDepth = TensorData.MaxRank) => ReadFlat(ref json, 0, mostDepth);

    private void ReadFlat(ref JsonScanner json, int depth, int mostDepth)
    {
        if (json.Peek() != (byte)'[')
        {
            Element(ref json);
            return;
        }

        if (depth == mostDepth)
        {
            throw TarnException.InvalidInput(
                string.Create(CultureInfo.InvariantCulture, $"Lists are nested at most {mostDepth} deep here."), _port.Name, $"Send {_port.Name} as {_port.Described}.");
        }

        json.Position++;
        if (json.Take((byte)']'))
        {
            return;
        }

        do
        {
            ReadFlat(ref json, depth + 1, mostDepth);
        }
        while (json.More((byte)']', _port.Name));
    }

    /// <summary>Adds a cell of a table of texts: a text as it is, a number in JSON's form or with one of the words that tables have for others.</summary>
    public void AddCell(ReadOnlySpan<byte> cell)
    {
        _rank = 0;
        Count++;
        if (_port.IsText)
        {
            _texts.Add(CheckedText(cell.ToArray(), _port.Name));
            return;
        }

        var token = cell.Trim(" \t"u8);
        AddNumber(token switch
        {
            [] when IsFraction => "NaN"u8,
            _ when Ascii.EqualsIgnoreCase(token, "nan"u8) => "NaN"u8,
            _ when Ascii.EqualsIgnoreCase(token, "inf"u8) => "Infinity"u8,
            _ when Ascii.EqualsIgnoreCase(token, "-inf"u8) => "-Infinity"u8,
            _ when Ascii.EqualsIgnoreCase(token, "true"u8) => "true"u8,
            _ when Ascii.EqualsIgnoreCase(token, "false"u8) => "false"u8,
            _ => token,
        });
    }

    private void Read(ref JsonScanner json, int depth)
    {
        if (json.Peek() != (byte)'[')
        {
            if (_rank < 0)
            {
                _rank = depth;
            }

            if (_rank != depth)
            {
                throw Ragged(depth);
            }

            Element(ref json);
            return;
        }

        if (depth == TensorData.MaxRank)
        {
            throw TarnException.InvalidInput($"A tensor has at most {TensorData.MaxRank} dimensions.", _port.Name, "Reshape it.");
        }

        if (_rank >= 0 && depth >= _rank)
        {
            throw Ragged(depth + 1);
        }

        // The rank is not known before the first element, nor its lengths before each first list has ended.
        var isFirst = _rank < 0;
        json.Position++;
        var length = 0L;
        if (!json.Take((byte)']'))
        {
            do
            {
                Read(ref json, depth + 1);
                length++;
            }
            while (json.More((byte)']', _port.Name));
        }
        else if (isFirst)
        {
            _rank = depth + 1;
        }

        if (isFirst)
        {
            _shape[depth] = length;
        }
        else if (_shape[depth] != length)
        {
            throw TarnException.InvalidInput(
                "The lists of a tensor are equally long.",
                string.Create(CultureInfo.InvariantCulture, $"{_port.Name}: {length} after {_shape[depth]} in dimension {depth}"),
                $"Send {_port.Name} as {_port.Described}.");
        }
    }

    private TarnException Ragged(int depth) => TarnException.InvalidInput(
        "The values of a tensor are nested equally deep.",
        string.Create(CultureInfo.InvariantCulture, $"{_port.Name}: {depth} deep after {_rank} deep"),
        $"Send {_port.Name} as {_port.Described}.");

    private void Element(ref JsonScanner json)
    {
        if (_port.IsText)
        {
            _texts.Add(CheckedText(Text(ref json), _port.Name));
        }
        else
        {
            var next = json.Peek();
            if (next is (byte)'"' or (byte)'{' or 0)
            {
                throw next == 0 ? json.Bad(_port.Name) : Wrong(next == (byte)'"' ? "a text" : "an object");
            }

            var token = json.Token(_port.Name);
            AddNumber(_isNullable && IsFraction && token.SequenceEqual("null"u8) ? "NaN"u8 : token);
        }

        Count++;
    }

    private void AddNumber(ReadOnlySpan<byte> token)
    {
        Write(token, _bytes!.GetSpan(8));
        _bytes.Advance(_port.ElementSize);
    }

    private byte[] Text(ref JsonScanner json)
    {
        switch (json.Peek())
        {
            case (byte)'"':
                return json.String(_port.Name);
            case (byte)'{':
                json.Position++;
                if (!json.Name(_port.Name).SequenceEqual("b64"u8))
                {
                    throw Wrong("an object");
                }

                var text = json.String(_port.Name);
                json.Expect((byte)'}', _port.Name);
                var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
                return Base64.DecodeFromUtf8(text, bytes, out _, out var written) == System.Buffers.OperationStatus.Done
                    ? bytes[..written]
                    : throw TarnException.InvalidInput("""Bytes in JSON are {"b64": "…"} in base64.""", _port.Name, "Encode them in base64 of RFC 4648, with padding.");
            default:
                var token = json.Token(_port.Name);
                throw Wrong(Encoding.UTF8.GetString(token));
        }
    }

    private void Write(ReadOnlySpan<byte> token, Span<byte> to)
    {
        switch (_port.Type)
        {
            case OnnxElementType.Float when JsonNumbers.TryFloat(token, out var number):
                BinaryPrimitives.WriteSingleLittleEndian(to, number);
                return;
            case OnnxElementType.Double when JsonNumbers.TryDouble(token, out var number):
                BinaryPrimitives.WriteDoubleLittleEndian(to, number);
                return;
            case OnnxElementType.Float16 when JsonNumbers.TryHalf(token, out var number):
                BinaryPrimitives.WriteHalfLittleEndian(to, number);
                return;
            case OnnxElementType.BFloat16 when JsonNumbers.TryBFloat(token, out var bits):
                BinaryPrimitives.WriteUInt16LittleEndian(to, bits);
                return;
            case OnnxElementType.UInt64 when JsonNumbers.TryUInt64(token, out var number):
                BinaryPrimitives.WriteUInt64LittleEndian(to, number);
                return;
            case OnnxElementType.Bool when token.SequenceEqual("true"u8) || token.SequenceEqual("false"u8):
                to[0] = token[0] == (byte)'t' ? (byte)1 : (byte)0;
                return;
            default:
                if (!IsFraction && _port.Type != OnnxElementType.UInt64
                    && JsonNumbers.TryInt64(token, out var whole) && Integers.TryWrite(_port.Type, whole, to))
                {
                    return;
                }

                throw Wrong(Encoding.UTF8.GetString(token));
        }
    }

    private bool IsFraction => _port.Type is OnnxElementType.Float or OnnxElementType.Double or OnnxElementType.Float16 or OnnxElementType.BFloat16;

    private TarnException Wrong(string value) => TarnException.InvalidInput(
        $"The elements of {_port.Name} are {TensorTypes.OpenInference(_port.Type)}.",
        value.Length > 40 ? value[..40] : value,
        _port.IsText ? """Send texts, or bytes as {"b64": "…"}.""" : $"Send {_port.Name} as {_port.Described}.");
}

/// <summary>Whole numbers in the types that hold them.</summary>
internal static class Integers
{
    /// <summary>Writes a number; false where the type is no whole one, or does not hold it.</summary>
    public static bool TryWrite(OnnxElementType type, long value, Span<byte> to)
    {
        switch (type)
        {
            case OnnxElementType.Int8 when value is >= sbyte.MinValue and <= sbyte.MaxValue:
                to[0] = (byte)(sbyte)value;
                return true;
            case OnnxElementType.UInt8 when value is >= 0 and <= byte.MaxValue:
                to[0] = (byte)value;
                return true;
            case OnnxElementType.Bool when value is 0 or 1:
                to[0] = (byte)value;
                return true;
            case OnnxElementType.Int16 when value is >= short.MinValue and <= short.MaxValue:
                BinaryPrimitives.WriteInt16LittleEndian(to, (short)value);
                return true;
            case OnnxElementType.UInt16 when value is >= 0 and <= ushort.MaxValue:
                BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)value);
                return true;
            case OnnxElementType.Int32 when value is >= int.MinValue and <= int.MaxValue:
                BinaryPrimitives.WriteInt32LittleEndian(to, (int)value);
                return true;
            case OnnxElementType.UInt32 when value is >= 0 and <= uint.MaxValue:
                BinaryPrimitives.WriteUInt32LittleEndian(to, (uint)value);
                return true;
            case OnnxElementType.Int64:
                BinaryPrimitives.WriteInt64LittleEndian(to, value);
                return true;
            case OnnxElementType.UInt64 when value >= 0:
                BinaryPrimitives.WriteInt64LittleEndian(to, value);
                return true;
            default:
                return false;
        }
    }
}
