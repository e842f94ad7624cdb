using System.Runtime.CompilerServices;
using System.Text;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>The names of a model's inputs or outputs: where each stands, and as text for C in pinned memory.</summary>
internal sealed unsafe class OnnxNames
{
    private readonly byte[] _block;
    private readonly int[] _starts;
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);

    internal OnnxNames(IReadOnlyList<OnnxTensorInfo> all)
    {
        All = [.. all.Select(static i => i.Name)];
        _starts = new int[All.Count];
        _block = GC.AllocateArray<byte>(All.Sum(static n => Encoding.UTF8.GetByteCount(n) + 1), pinned: true);
        var length = 0;
        for (var i = 0; i < All.Count; i++)
        {
            _starts[i] = length;
            _indexes[All[i]] = i;
            length += Encoding.UTF8.GetBytes(All[i], _block.AsSpan(length)) + 1;
        }
    }

    internal IReadOnlyList<string> All { get; }

    /// <summary>The name as text for C; alive as long as this object.</summary>
    internal nint this[int index] => (nint)Unsafe.AsPointer(ref _block[_starts[index]]);

    internal int IndexOf(string name, string kind) => _indexes.TryGetValue(name, out var index)
        ? index
        : throw TarnException.InvalidInput($"The model has no {kind} of this name.", name, $"It has: {string.Join(", ", All)}.");
}
