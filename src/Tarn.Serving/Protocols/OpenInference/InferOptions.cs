using Microsoft.Extensions.ObjectPool;

namespace Tarn.Serving;

/// <summary>What a request of the Open Inference Protocol asks of its answer, beside the tensors. Kept and used again.</summary>
internal sealed class InferOptions : IDisposable
{
    private static readonly ObjectPool<InferOptions> Pool = new DefaultObjectPool<InferOptions>(new DefaultPooledObjectPolicy<InferOptions>(), 1024);

    private const int MostKept = 256;

    private bool?[] _binary = [];
    private int[] _classes = [];
    private byte[] _id = [];
    private int _idLength;

    /// <summary>Where the request's id stands in its body, quotes and escapes as they are; empty where it has none.</summary>
    public Range Id { get; set; }

    public bool HasId { get; set; }

    /// <summary>The request's id, where it is kept beyond its message; empty where it has none.</summary>
    public ReadOnlySpan<byte> KeptId => _id.AsSpan(0, _idLength);

    /// <summary>Whether outputs that say nothing else are sent as bytes.</summary>
    public bool IsBinaryByDefault { get; set; }

    public static InferOptions Rent(int outputs)
    {
        var options = Pool.Get();
        if (options._binary.Length < outputs)
        {
            (options._binary, options._classes) = (new bool?[outputs], new int[outputs]);
        }

        return options;
    }

    /// <summary>Whether an output is to be sent as bytes; null where nothing was said of it.</summary>
    public ref bool? Binary(int output) => ref _binary[output];

    public bool IsBinary(int output) => _binary[output] ?? IsBinaryByDefault;

    /// <summary>How many of the best classes of an output are wanted; 0 for its values.</summary>
    public ref int Classes(int output) => ref _classes[output];

    /// <summary>Keeps a copy of the request's id.</summary>
    public void KeepId(ReadOnlySpan<byte> id)
    {
        if (id.Length > _id.Length)
        {
            _id = new byte[Math.Max(id.Length, MostKept)];
        }

        id.CopyTo(_id);
        _idLength = id.Length;
    }

    public void Dispose()
    {
        _idLength = 0;
        if (_id.Length > MostKept)
        {
            _id = [];
        }

        Array.Clear(_binary);
        Array.Clear(_classes);
        (Id, HasId, IsBinaryByDefault) = (default, false, false);
        Pool.Return(this);
    }
}
