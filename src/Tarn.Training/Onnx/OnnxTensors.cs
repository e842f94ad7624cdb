using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;

namespace Tarn.Training;

/// <summary>Stored tensors: made from arrays, and read.</summary>
internal static class OnnxTensors
{
    public static TensorProto Floats(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> dims) =>
        Raw(name, TensorProto.Types.DataType.Float, values, dims);

    public static TensorProto Longs(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> dims) =>
        Raw(name, TensorProto.Types.DataType.Int64, values, dims);

    public static TensorProto Texts(string name, IEnumerable<string> values)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)TensorProto.Types.DataType.String };
        tensor.StringData.AddRange(values.Select(static v => ByteString.CopyFrom(v, Encoding.UTF8)));
        tensor.Dims.Add(tensor.StringData.Count);
        return tensor;
    }

    /// <summary>How many elements the dimensions make; −1 where they are negative or too many.</summary>
    public static long Count(IEnumerable<long> dims)
    {
        var count = BigInteger.One;
        foreach (var dim in dims)
        {
            if (dim < 0)
            {
                return -1;
            }

            count *= dim;
        }

        return count > long.MaxValue ? -1 : (long)count;
    }

    /// <summary>Bytes of an element in raw data; 0 where it has none of its own (text, or narrower than a byte, or unknown).</summary>
    public static int ElementSize(int type) => (TensorProto.Types.DataType)type switch
    {
        TensorProto.Types.DataType.Uint8 or TensorProto.Types.DataType.Int8 or TensorProto.Types.DataType.Bool => 1,
        TensorProto.Types.DataType.Uint16 or TensorProto.Types.DataType.Int16 or TensorProto.Types.DataType.Float16 or TensorProto.Types.DataType.Bfloat16 => 2,
        TensorProto.Types.DataType.Float or TensorProto.Types.DataType.Int32 or TensorProto.Types.DataType.Uint32 => 4,
        TensorProto.Types.DataType.Double or TensorProto.Types.DataType.Int64 or TensorProto.Types.DataType.Uint64 => 8,
        _ => 0,
    };

    /// <summary>How many elements are stored, whichever field holds them.</summary>
    public static long StoredCount(TensorProto tensor)
    {
        if (tensor.HasRawData)
        {
            var size = ElementSize(tensor.DataType);
            return size == 0 ? -1 : tensor.RawData.Length % size == 0 ? tensor.RawData.Length / size : -1;
        }

        return tensor.FloatData.Count + tensor.Int32Data.Count + tensor.Int64Data.Count + tensor.DoubleData.Count + tensor.Uint64Data.Count + tensor.StringData.Count;
    }

    /// <summary>The values of a tensor of 64-bit integers; null where it is of another type.</summary>
    public static long[]? ReadLongs(TensorProto tensor)
    {
        if (tensor.DataType != (int)TensorProto.Types.DataType.Int64)
        {
            return null;
        }

        if (!tensor.HasRawData)
        {
            return [.. tensor.Int64Data];
        }

        var raw = tensor.RawData.Span;
        var values = new long[raw.Length / sizeof(long)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadInt64LittleEndian(raw[(i * sizeof(long))..]);
        }

        return values;
    }

    /// <summary>An element type as ONNX Runtime and signatures write it; null where it is none of those that are read here.</summary>
    public static string? TypeName(int type) => (TensorProto.Types.DataType)type switch
    {
        TensorProto.Types.DataType.Float => "float32",
        TensorProto.Types.DataType.Double => "float64",
        TensorProto.Types.DataType.String => "string",
        var t when Enum.IsDefined(t) && t != TensorProto.Types.DataType.Undefined => t.ToString().ToLowerInvariant(),
        _ => null,
    };

    private static TensorProto Raw<T>(string name, TensorProto.Types.DataType type, ReadOnlySpan<T> values, ReadOnlySpan<long> dims)
        where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("ONNX files are written on little-endian machines only.");
        }

        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values)) };
        tensor.Dims.AddRange(dims.ToArray());
        return tensor;
    }
}
