using System.Collections;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>What a run gave, by position and by name. Disposing it disposes all of them.</summary>
public sealed class OnnxOutputs : IReadOnlyList<OnnxValue>, IDisposable
{
    private readonly OnnxValue[] _values;

    internal OnnxOutputs(OnnxValue[] values, IReadOnlyList<string> names)
    {
        _values = values;
        Names = names;
    }

    /// <summary>The names, in the order of the values.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <inheritdoc/>
    public int Count => _values.Length;

    /// <inheritdoc/>
    public OnnxValue this[int index] => _values[index];

    /// <summary>The output of this name.</summary>
    /// <exception cref="TarnException">It was not asked for.</exception>
    public OnnxValue this[string name]
    {
        get
        {
            for (var i = 0; i < _values.Length; i++)
            {
                if (Names[i] == name)
                {
                    return _values[i];
                }
            }

            throw TarnException.InvalidInput("The run gave no output of this name.", name, $"It gave: {string.Join(", ", Names)}.");
        }
    }

    /// <inheritdoc/>
    public IEnumerator<OnnxValue> GetEnumerator() => ((IEnumerable<OnnxValue>)_values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var value in _values)
        {
            value.Dispose();
        }
    }
}
