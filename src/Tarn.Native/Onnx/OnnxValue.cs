using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>
/// A value that a model takes or gives: a tensor over the caller's own memory (pinned, never copied), a tensor in the runtime's memory, or a sequence or map that a
/// model gave. Disposing frees it, and lets go of the caller's memory.
/// </summary>
public sealed unsafe class OnnxValue : IDisposable
{
    private readonly OnnxHandle _handle;

    // Of a value that a model gave they are asked when somebody wants them.
    private Facts? _facts;

    internal OnnxValue(OnnxHandle handle) => _handle = handle;

    private OnnxValue(OnnxHandle handle, OnnxElementType type, long[] shape)
    {
        _handle = handle;
        _facts = new Facts(OnnxValueKind.Tensor, type, shape, Elements(shape));
    }

    /// <summary>What it is.</summary>
    public OnnxValueKind Kind => Known.Kind;

    /// <summary>The type of the tensor's elements; <see cref="OnnxElementType.Undefined"/> where it is no tensor.</summary>
    public OnnxElementType ElementType => Known.Type;

    /// <summary>The tensor's dimensions; empty for a scalar and for what is no tensor.</summary>
    public IReadOnlyList<long> Shape => Known.Shape;

    /// <summary>How many elements the tensor has: the product of its dimensions.</summary>
    public long Count => Known.Count;

    internal OnnxHandle Handle => _handle;

    private Facts Known => _facts ??= Ask();

    /// <summary>A tensor over the caller's memory, of the element type that <typeparamref name="T"/> stands for. The memory is pinned until the value is disposed, and read and written in place.</summary>
    /// <param name="data">As many elements as the shape has, the last dimension varying fastest.</param>
    /// <param name="shape">The dimensions; none for a scalar.</param>
    /// <exception cref="TarnException">The shape and the memory do not fit.</exception>
    public static OnnxValue FromMemory<T>(Memory<T> data, params ReadOnlySpan<long> shape)
        where T : unmanaged => FromMemory(OnnxElementTypes.Of<T>(), data, shape);

    /// <summary>As <see cref="FromMemory{T}(Memory{T}, ReadOnlySpan{long})"/>, for types that C# has no type of its own for: see <see cref="OnnxElementType"/>.</summary>
    public static OnnxValue FromMemory<T>(OnnxElementType type, Memory<T> data, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        if (!type.IsHeldIn<T>())
        {
            throw TarnException.InvalidInput("A tensor's memory must be of the C# type of its elements.", $"{typeof(T).Name} for {type}", "The documentation of OnnxElementType names it.");
        }

        var count = CheckShape(shape);
        if (type.Slots(count) != data.Length)
        {
            throw TarnException.InvalidInput("A tensor has as many elements as the product of its dimensions.", $"{data.Length} for {Describe(type, shape)}");
        }

        return count == 0 ? Allocate(type, shape) : Over(type, data, shape);
    }

    /// <summary>A tensor of the runtime's over memory, which is pinned: both are the caller's to release, in this order.</summary>
    internal static nint Make(in OnnxMemoryTensor tensor, ref MemoryHandle pin)
    {
        if (tensor.Check() == 0)
        {
            return Make(tensor.Type, tensor.Shape.Span);
        }

        pin = tensor.Data.Pin();
        return Make(tensor.Type, pin.Pointer, (nuint)tensor.Data.Length, tensor.Shape.Span);
    }

    /// <summary>Checks that a tensor's bytes are as many as its elements take; says how many elements there are.</summary>
    internal static long CheckBytes(OnnxElementType type, int bytes, ReadOnlySpan<long> shape)
    {
        var count = CheckShape(shape);
        return type.Bits() != 0 && type.BytesOf(count) == bytes
            ? count
            : throw TarnException.InvalidInput("A tensor's memory has as many bytes as its elements take.", $"{bytes} bytes for {Describe(type, shape)}");
    }

    private static OnnxValue Over<T>(OnnxElementType type, Memory<T> data, ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var pin = data.Pin();
        try
        {
            return new OnnxValue(new OnnxHandle(Make(type, pin.Pointer, (nuint)data.Length * (nuint)sizeof(T), shape), OnnxApi.ReleaseValue, pin), type, shape.ToArray());
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }

    private static nint Make(OnnxElementType type, void* data, nuint bytes, ReadOnlySpan<long> shape)
    {
        _ = OnnxRuntime.Environment;
        fixed (long* dimensions = shape)
        {
            OnnxErrors.CheckTensor(OnnxModelApi.CreateTensor(OnnxRuntime.Memory, data, bytes, dimensions, (nuint)shape.Length, (int)type, out var pointer), type, shape);
            return pointer;
        }
    }

    private static nint Make(OnnxElementType type, ReadOnlySpan<long> shape)
    {
        _ = OnnxRuntime.Environment;
        fixed (long* dimensions = shape)
        {
            OnnxErrors.CheckTensor(OnnxModelApi.CreateTensor(OnnxRuntime.Allocator, dimensions, (nuint)shape.Length, (int)type, out var pointer), type, shape);
            return pointer;
        }
    }

    /// <summary>A tensor over the caller's bytes, whatever its element type: as they lie in memory. The memory is pinned until the value is disposed, and read and written in place.</summary>
    /// <param name="type">The type of the elements; not text.</param>
    /// <param name="data">The elements' bytes, the last dimension varying fastest.</param>
    /// <param name="shape">The dimensions; none for a scalar.</param>
    /// <exception cref="TarnException">The shape and the memory do not fit.</exception>
    public static OnnxValue FromBytes(OnnxElementType type, Memory<byte> data, params ReadOnlySpan<long> shape)
    {
        var count = CheckBytes(type, data.Length, shape);
        return count == 0 ? Allocate(type, shape) : Over(type, data, shape);
    }

    /// <summary>A tensor in memory of the runtime's; its elements are whatever lay there, texts empty.</summary>
    public static OnnxValue Allocate(OnnxElementType type, params ReadOnlySpan<long> shape)
    {
        _ = CheckShape(shape);
        return new OnnxValue(new OnnxHandle(Make(type, shape), OnnxApi.ReleaseValue), type, shape.ToArray());
    }

    /// <summary>A tensor of texts, copied.</summary>
    public static OnnxValue FromStrings(IReadOnlyList<string> texts, params ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (CheckShape(shape) != texts.Count)
        {
            throw TarnException.InvalidInput("A tensor has as many elements as the product of its dimensions.", $"{texts.Count} for {Describe(OnnxElementType.String, shape)}");
        }

        var value = Allocate(OnnxElementType.String, shape);
        OnnxStrings.Fill(value._handle, texts);
        return value;
    }

    /// <summary>The tensor's memory, to read and write. Keep the value as long as you use it, and use it no more after the value's disposal.</summary>
    /// <exception cref="TarnException"><typeparamref name="T"/> does not stand for the element type, or it is no tensor.</exception>
    public Span<T> AsSpan<T>()
        where T : unmanaged
    {
        if (!ElementType.IsHeldIn<T>())
        {
            throw TarnException.InvalidInput("A tensor is read as the C# type of its elements.", $"{typeof(T).Name} for {this}", "The documentation of OnnxElementType names it.");
        }

        using var held = _handle.Borrow();
        OnnxErrors.Check(OnnxApi.Get(OnnxApi.TensorData, held.Pointer, out nint data));
        return new Span<T>((void*)data, checked((int)ElementType.Slots(Count)));
    }

    /// <summary>The tensor's memory as bytes, whatever its element type. Keep the value as long as you use it, and use it no more after the value's disposal.</summary>
    /// <exception cref="TarnException">It is no tensor, or one of texts.</exception>
    public Span<byte> AsBytes()
    {
        if (ElementType.Bits() == 0)
        {
            throw TarnException.InvalidInput("A tensor of numbers or booleans has bytes.", ToString(), "Read texts by GetStrings.");
        }

        using var held = _handle.Borrow();
        OnnxErrors.Check(OnnxApi.Get(OnnxApi.TensorData, held.Pointer, out nint data));
        return new Span<byte>((void*)data, checked((int)ElementType.BytesOf(Count)));
    }

    /// <summary>A copy of the tensor's elements.</summary>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        var copy = AsSpan<T>().ToArray();
        GC.KeepAlive(this);
        return copy;
    }

    /// <summary>The texts of a tensor of texts.</summary>
    public string[] GetStrings() => ElementType == OnnxElementType.String
        ? OnnxStrings.Read(_handle, checked((int)Count))
        : throw TarnException.InvalidInput("Texts are read from a tensor of texts.", ToString());

    /// <summary>The members of a sequence, or the keys and the values of a map (two tensors). Each is to be disposed.</summary>
    /// <exception cref="TarnException">It is neither.</exception>
    public IReadOnlyList<OnnxValue> GetMembers()
    {
        if (Kind is not (OnnxValueKind.Sequence or OnnxValueKind.Map))
        {
            throw TarnException.InvalidInput("Members are read from a sequence or a map.", ToString());
        }

        using var held = _handle.Borrow();
        OnnxErrors.Check(OnnxApi.Get(OnnxApi.ValueCount, held.Pointer, out nint count));
        var members = new OnnxValue[count];
        for (var i = 0; i < members.Length; i++)
        {
            OnnxErrors.Check(OnnxModelApi.Member(held.Pointer, i, out var member));
            members[i] = new OnnxValue(new OnnxHandle(member, OnnxApi.ReleaseValue));
        }

        return members;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    /// <summary>As <c>Float[1,3,224,224]</c>.</summary>
    public override string ToString() => Kind == OnnxValueKind.Tensor ? Describe(ElementType, Known.Shape) : Kind.ToString();

    internal static string Describe(OnnxElementType type, ReadOnlySpan<long> shape)
    {
        var text = new DefaultInterpolatedStringHandler(2, 1 + shape.Length, CultureInfo.InvariantCulture);
        text.AppendFormatted(type);
        text.AppendLiteral("[");
        for (var i = 0; i < shape.Length; i++)
        {
            text.AppendLiteral(i > 0 ? "," : "");
            text.AppendFormatted(shape[i]);
        }

        text.AppendLiteral("]");
        return text.ToStringAndClear();
    }

    private Facts Ask()
    {
        using var held = _handle.Borrow();
        OnnxErrors.Check(OnnxApi.Get(OnnxApi.KindOfValue, held.Pointer, out int kind));
        if ((OnnxValueKind)kind != OnnxValueKind.Tensor)
        {
            return new Facts((OnnxValueKind)kind, OnnxElementType.Undefined, [], 0);
        }

        OnnxErrors.Check(OnnxApi.Get(OnnxApi.TensorInfoOf, held.Pointer, out nint pointer));
        using var info = new OnnxHandle(pointer, OnnxApi.ReleaseTensorInfo);
        var (type, shape) = OnnxSignature.ReadTensor(pointer);
        return new Facts(OnnxValueKind.Tensor, type, shape, Elements(shape));
    }

    private static long CheckShape(ReadOnlySpan<long> shape)
    {
        foreach (var length in shape)
        {
            if (length < 0)
            {
                throw TarnException.InvalidInput("A tensor's dimensions are 0 or more.", string.Join(',', shape.ToArray()));
            }
        }

        return Elements(shape);
    }

    private static long Elements(ReadOnlySpan<long> shape)
    {
        var count = 1L;
        foreach (var length in shape)
        {
            count = checked(count * length);
        }

        return count;
    }

    private sealed record Facts(OnnxValueKind Kind, OnnxElementType Type, long[] Shape, long Count);
}
