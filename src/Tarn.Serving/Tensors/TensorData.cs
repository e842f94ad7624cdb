using System.Buffers;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>
/// One tensor of a request or an answer. The object is kept and used for one request after another; its memory comes from the shared pool, and goes back with
/// <see cref="Clear"/>, so that a large request leaves nothing behind.
/// </summary>
internal sealed class TensorData
{
    /// <summary>Dimensions at most.</summary>
    public const int MaxRank = 16;

    private readonly long[] _shape = new long[MaxRank];
    private byte[] _bytes = [];
    private bool _isView;
    private int _from;
    private int _length;
    private int _rank;

    /// <summary>The elements' type; undefined where nothing was set.</summary>
    public OnnxElementType Type { get; private set; }

    public bool IsSet => Type != OnnxElementType.Undefined;

    public ReadOnlySpan<long> Shape => _shape.AsSpan(0, _rank);

    /// <summary>The tensor for a run on the memory in which it lies; not of texts. It holds until something is set.</summary>
    public OnnxMemoryTensor InPlace => new(Type, Memory, _shape.AsMemory(0, _rank));

    /// <summary>How many elements there are.</summary>
    public int Count { get; private set; }

    /// <summary>The elements as they lie in memory, little-endian, the last dimension varying fastest. Empty for texts.</summary>
    public Span<byte> Bytes => _bytes.AsSpan(_from, _length);

    /// <summary>The elements at a place where native code may read them: of a view that begins between two elements' places, a copy.</summary>
    public Memory<byte> Memory
    {
        get
        {
            if (_isView && _from % Math.Max(1, TensorTypes.Size(Type)) != 0)
            {
                var own = TensorMemory.Shared.Rent(_length);
                Bytes.CopyTo(own);
                (_bytes, _from, _isView) = (own, 0, false);
            }

            return _bytes.AsMemory(_from, _length);
        }
    }

    /// <summary>The elements where they are texts: as many as <see cref="Count"/> at least.</summary>
    public byte[][] Texts { get; private set; } = [];

    /// <summary>Rows along the first dimension; 1 for a scalar.</summary>
    public long Rows => _rank == 0 ? 1 : _shape[0];

    /// <summary>Makes it a tensor of this type and shape; the elements are whatever lay in the memory, texts empty.</summary>
    /// <param name="type">The elements' type.</param>
    /// <param name="shape">The dimensions, each 0 or more.</param>
    /// <param name="name">What the tensor is called in errors.</param>
    /// <exception cref="TarnException">It would have more than 2 GiB, or too many dimensions.</exception>
    public void Set(OnnxElementType type, ReadOnlySpan<long> shape, string name)
    {
        var size = TensorTypes.Size(type);
        var count = CountOf(shape, size, name);
        Clear();
        shape.CopyTo(_shape);
        _rank = shape.Length;
        Count = (int)count;
        _length = (int)count * size;
        if (_length > 0)
        {
            _bytes = TensorMemory.Shared.Rent(_length);
        }

        if (type == OnnxElementType.String)
        {
            Texts = Count == 0 ? [] : new byte[Count][];
            Array.Fill(Texts, []);
        }

        Type = type;
    }

    /// <summary>Makes it a view of elements that lie in the caller's memory, which stays as it is until <see cref="Clear"/>.</summary>
    /// <param name="type">The elements' type; not text.</param>
    /// <param name="shape">The dimensions, each 0 or more.</param>
    /// <param name="name">What the tensor is called in errors.</param>
    /// <param name="memory">The memory.</param>
    /// <param name="from">Where the elements begin, which are as many as the shape has.</param>
    public void SetView(OnnxElementType type, ReadOnlySpan<long> shape, string name, byte[] memory, int from)
    {
        var count = CountOf(shape, TensorTypes.Size(type), name);
        Clear();
        shape.CopyTo(_shape);
        _rank = shape.Length;
        Count = (int)count;
        (_bytes, _from, _length, _isView, Type) = (memory, from, (int)count * TensorTypes.Size(type), true, type);
    }

    /// <summary>Takes over elements in an array of <see cref="TensorMemory.Shared"/>, which goes back there with <see cref="Clear"/>.</summary>
    /// <param name="type">The elements' type; not text.</param>
    /// <param name="shape">The dimensions, each 0 or more.</param>
    /// <param name="name">What the tensor is called in errors.</param>
    /// <param name="memory">The array; the elements, as many as the shape has, are at its beginning.</param>
    public void SetOwned(OnnxElementType type, ReadOnlySpan<long> shape, string name, byte[] memory)
    {
        SetView(type, shape, name, memory, 0);
        _isView = false;
    }

    /// <summary>Changes the dimensions of a tensor that was set, where the elements stay as many.</summary>
    public void Reshape(ReadOnlySpan<long> shape)
    {
        shape.CopyTo(_shape);
        _rank = shape.Length;
    }

    /// <summary>Copies another tensor; its texts are shared.</summary>
    public void CopyFrom(TensorData other, string name)
    {
        if (!other.IsSet)
        {
            Clear();
            return;
        }

        Set(other.Type, other.Shape, name);
        other.Bytes.CopyTo(Bytes);
        Texts = other.Texts;
    }

    /// <summary>Sets nothing any more, and gives the memory back.</summary>
    public void Clear()
    {
        if (_bytes.Length > 0 && !_isView)
        {
            TensorMemory.Shared.Return(_bytes);
        }

        (_bytes, _isView, _from) = ([], false, 0);
        (_length, _rank, Count, Type, Texts) = (0, 0, 0, OnnxElementType.Undefined, []);
    }

    /// <summary>How many elements a tensor of this shape has.</summary>
    /// <param name="shape">The dimensions.</param>
    /// <param name="size">Bytes of an element; 0 for texts.</param>
    /// <param name="name">What the tensor is called in errors.</param>
    /// <exception cref="TarnException">It would have more than 2 GiB, or too many dimensions, or one is negative.</exception>
    public static long CountOf(ReadOnlySpan<long> shape, int size, string name)
    {
        if (shape.Length > MaxRank)
        {
            throw TarnException.InvalidInput($"A tensor has at most {MaxRank} dimensions.", $"{name}: {shape.Length}", "Reshape it.");
        }

        Int128 count = 1;
        foreach (var length in shape)
        {
            if (length < 0)
            {
                throw TarnException.InvalidInput("A tensor's dimensions are 0 or more.", $"{name}: {Shapes.Text(shape)}", "Give the shape of the data that is sent.");
            }

            // Once it is too large it stays so, whatever the other dimensions are.
            count = count > int.MaxValue ? count : count * length;
        }

        return count * (size == 0 ? 8 : size) <= Array.MaxLength
            ? (long)count
            : throw TarnException.InvalidInput("A tensor has less than 2 GiB.", $"{name}: {Shapes.Text(shape)}", "Send it in parts.");
    }
}
