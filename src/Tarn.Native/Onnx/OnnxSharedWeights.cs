using Tarn.Core;

namespace Tarn.Native;

/// <summary>
/// Weights that several sessions of one model use together, by their names in the graph, and what the runtime makes of them (packed for its kernels) once for all.
/// A further session of a large model then costs about a megabyte. What a session uses stays alive until that session is disposed too.
/// </summary>
public sealed class OnnxSharedWeights : IDisposable
{
    private readonly Dictionary<string, OnnxValue> _values = new(StringComparer.Ordinal);
    private readonly OnnxHandle _prepacked;

    /// <summary>An empty set.</summary>
    /// <exception cref="TarnException">ONNX Runtime cannot be used.</exception>
    public OnnxSharedWeights()
    {
        _ = OnnxRuntime.Environment;
        OnnxErrors.Check(OnnxApi.Create(OnnxApi.CreatePrepackedWeights, out var pointer));
        _prepacked = new OnnxHandle(pointer, OnnxApi.ReleasePrepackedWeights);
    }

    /// <summary>The names of the weights in the set.</summary>
    public IReadOnlyCollection<string> Names => _values.Keys;

    internal OnnxHandle Prepacked => _prepacked;

    internal IReadOnlyDictionary<string, OnnxValue> Values => _values;

    /// <summary>Adds a weight: the value of the initializer of this name, of its type and shape. It is used in place of the file's own, and disposed with the set.</summary>
    public void Add(string name, OnnxValue value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        if (!_values.TryAdd(name, value))
        {
            throw TarnException.Conflict("A weight is shared once under its name.", name);
        }
    }

    /// <summary>Lets go of the weights; they are freed with the last session that uses them.</summary>
    public void Dispose()
    {
        _prepacked.Dispose();
        foreach (var value in _values.Values)
        {
            value.Dispose();
        }
    }
}
