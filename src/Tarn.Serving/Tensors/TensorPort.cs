using System.Text;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>One input or output of a loaded model, with what is asked of it for each request.</summary>
internal sealed class TensorPort
{
    public TensorPort(OnnxTensorInfo info)
    {
        Info = info;
        Utf8Name = Encoding.UTF8.GetBytes(info.Name);
        Shape = [.. info.Shape];
        ElementSize = TensorTypes.Size(info.ElementType);
        IsRowFixed = Shape.Length > 0 && !Shape.AsSpan(1).Contains(-1);
        RowBytes = IsRowFixed && !IsText ? Shape.AsSpan(1).Product() * ElementSize : 0;
    }

    public OnnxTensorInfo Info { get; }

    public string Name => Info.Name;

    public byte[] Utf8Name { get; }

    public OnnxElementType Type => Info.ElementType;

    /// <summary>The dimensions, -1 where any length will do.</summary>
    public long[] Shape { get; }

    /// <summary>Bytes of an element; 0 for texts.</summary>
    public int ElementSize { get; }

    public bool IsText => Type == OnnxElementType.String;

    /// <summary>Whether every dimension but the first is fixed.</summary>
    public bool IsRowFixed { get; }

    /// <summary>Bytes of one row along the first dimension, where that is fixed.</summary>
    public long RowBytes { get; }

    /// <summary>Memory for a number of rows, which stays in its place, where the rows are fixed.</summary>
    /// <param name="rows">How many rows, where the first dimension is not fixed.</param>
    public byte[] Allocate(int rows) =>
        GC.AllocateUninitializedArray<byte>(checked((int)((Shape[0] < 0 ? rows : Shape[0]) * RowBytes)), pinned: true);

    /// <summary>The memory of a number of rows as the runtime takes it, where the rows are fixed.</summary>
    /// <param name="memory">The memory, which may be longer.</param>
    /// <param name="rows">How many rows, where the first dimension is not fixed.</param>
    public OnnxValue View(byte[] memory, int rows)
    {
        Span<long> shape = stackalloc long[Shape.Length];
        SetShape(shape, rows);
        return OnnxValue.FromBytes(Type, memory.AsMemory(0, checked((int)(shape.Product() * ElementSize))), shape);
    }

    /// <summary>Copies a number of rows into a tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="rows">How many rows, where the first dimension is not fixed.</param>
    /// <param name="from">Where they lie; it may be longer.</param>
    public void SetRows(TensorData tensor, int rows, ReadOnlySpan<byte> from)
    {
        Span<long> shape = stackalloc long[Shape.Length];
        SetShape(shape, rows);
        tensor.Set(Type, shape, Name);
        from[..tensor.Bytes.Length].CopyTo(tensor.Bytes);
    }

    private void SetShape(Span<long> shape, int rows)
    {
        Shape.CopyTo(shape);
        if (shape[0] < 0)
        {
            shape[0] = rows;
        }
    }

    /// <summary>As <c>FP32[-1,224,224,3]</c>.</summary>
    public string Described => $"{TensorTypes.OpenInference(Type)}[{string.Join(',', Shape)}]";
}

internal static class Shapes
{
    /// <summary>The product of dimensions; 1 for none.</summary>
    public static long Product(this ReadOnlySpan<long> shape)
    {
        var product = 1L;
        foreach (var length in shape)
        {
            product = checked(product * length);
        }

        return product;
    }

    /// <inheritdoc cref="Product(ReadOnlySpan{long})"/>
    public static long Product(this Span<long> shape) => Product((ReadOnlySpan<long>)shape);

    /// <summary>As <c>[1,3]</c>.</summary>
    public static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(',', shape.ToArray())}]";
}
