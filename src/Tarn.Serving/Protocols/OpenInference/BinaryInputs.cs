using System.Buffers.Binary;
using System.Globalization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>The bytes after the JSON of a request: the elements of its inputs, one after another in their order.</summary>
/// <param name="body">The whole body, JSON and all.</param>
/// <param name="header">Bytes of the JSON.</param>
/// <param name="memory">The memory that the body lies in, where it stays until the request has been run: tensors are views of it then. Null: they are copies.</param>
/// <param name="start">Where it begins in that memory.</param>
internal ref struct BinaryInputs(ReadOnlySpan<byte> body, int header, byte[]? memory, int start)
{
    private readonly int _length = body.Length;
    private ReadOnlySpan<byte> _left = body[header..];

    /// <summary>Takes the elements of the next input.</summary>
    public void Take(TensorPort port, TensorData tensor, scoped ReadOnlySpan<long> shape, long size)
    {
        if (size > _left.Length)
        {
            throw TarnException.InvalidInput(
                "The bytes of all binary inputs follow the JSON.", string.Create(CultureInfo.InvariantCulture, $"{port.Name} has {size} bytes, {_left.Length} are left"), "Send as many bytes as binary_data_size says, and the JSON's length as Inference-Header-Content-Length.");
        }

        var from = _length - _left.Length;
        var own = _left[..(int)size];
        _left = _left[(int)size..];
        Set(port, tensor, shape, own, memory, start + from);
    }

    /// <summary>Sets a tensor from the bytes of its elements: little-endian numbers, a byte for a boolean, texts each after its length in four bytes.</summary>
    public static void Set(TensorPort port, TensorData tensor, scoped ReadOnlySpan<long> shape, ReadOnlySpan<byte> own, byte[]? memory = null, int from = 0)
    {
        // Before memory is taken: a shape alone must not cost gigabytes.
        var size = TensorData.CountOf(shape, port.ElementSize, port.Name) * (port.IsText ? sizeof(int) : port.ElementSize);
        if (port.IsText ? size > own.Length : size != own.Length)
        {
            throw port.IsText ? Length(port) : Size(port, shape, own.Length);
        }

        if (memory is not null && !port.IsText)
        {
            tensor.SetView(port.Type, shape, port.Name, memory, from);
            return;
        }

        tensor.Set(port.Type, shape, port.Name);
        if (port.IsText)
        {
            Texts(port, tensor, own);
        }
        else
        {
            own.CopyTo(tensor.Bytes);
        }
    }

    /// <summary>Requires that nothing is left.</summary>
    public readonly void End()
    {
        if (_left.Length > 0)
        {
            throw TarnException.InvalidInput(
                "After the JSON come the bytes of the binary inputs and nothing else.", string.Create(CultureInfo.InvariantCulture, $"{_left.Length} bytes more"), "Give each binary input its binary_data_size.");
        }
    }

    private static void Texts(TensorPort port, TensorData tensor, ReadOnlySpan<byte> own)
    {
        for (var i = 0; i < tensor.Count; i++)
        {
            if (own.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(own) > own.Length - 4)
            {
                throw Length(port);
            }

            var length = BinaryPrimitives.ReadInt32LittleEndian(own);
            tensor.Texts[i] = TensorBuilder.CheckedText(own.Slice(4, length).ToArray(), port.Name);
            own = own[(4 + length)..];
        }

        if (own.Length > 0)
        {
            throw Length(port);
        }
    }

    private static TarnException Size(TensorPort port, ReadOnlySpan<long> shape, long size) => TarnException.InvalidInput(
        "A binary tensor has as many bytes as its elements take.",
        string.Create(CultureInfo.InvariantCulture, $"{port.Name}: {size} bytes for {TensorTypes.OpenInference(port.Type)}{Shapes.Text(shape)}, which takes {TensorBuilder.CountOf(shape) * port.ElementSize}"),
        "Correct the shape, or send all elements.");

    private static TarnException Length(TensorPort port) => TarnException.InvalidInput(
        "Each element of a binary BYTES tensor is its length in four bytes, little-endian, and its bytes.", port.Name, "Send as many elements as the shape says, each with its length.");
}
