using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Tarn.Lake;

/// <summary>
/// The files of a version by their keys (<see cref="FileKey"/>). Immutable: a large part that versions share, and what changed since; when that has grown, the next
/// version begins anew. So a commit costs what it changes, and a hundred thousand files little more than themselves.
/// </summary>
internal sealed class FileSet : IReadOnlyDictionary<string, DataFile>
{
    private const int LeastChanges = 2048;
    private const int ShareOfChanges = 8;

    private static readonly ImmutableDictionary<string, DataFile?> NoChanges = ImmutableDictionary.Create<string, DataFile?>(StringComparer.Ordinal);

    private readonly Shared _base;
    private readonly ImmutableDictionary<string, DataFile?> _changes;
    private DataFile[]? _ordered;

    private FileSet(Shared shared, ImmutableDictionary<string, DataFile?> changes, int count)
    {
        _base = shared;
        _changes = changes;
        Count = count;
    }

    public static FileSet Empty { get; } = new(new Shared([]), NoChanges, 0);

    public int Count { get; }

    public IEnumerable<string> Keys => this.Select(static p => p.Key);

    public IEnumerable<DataFile> Values => this.Select(static p => p.Value);

    /// <summary>The files in ordinal order of their paths.</summary>
    public DataFile[] Ordered => _ordered ??= Order();

    public DataFile this[string key] => TryGetValue(key, out var file) ? file : throw new KeyNotFoundException(key);

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out DataFile value)
    {
        if (_changes.TryGetValue(key, out var changed))
        {
            value = changed;
            return changed is not null;
        }

        return _base.Files.TryGetValue(key, out value);
    }

    public IEnumerator<KeyValuePair<string, DataFile>> GetEnumerator()
    {
        foreach (var pair in _base.Files)
        {
            if (_changes.Count == 0 || !_changes.ContainsKey(pair.Key))
            {
                yield return pair;
            }
        }

        foreach (var (key, file) in _changes)
        {
            if (file is not null)
            {
                yield return new(key, file);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public Builder ToBuilder() => new(this);

    /// <summary>The shared part is sorted once; what changed is merged in.</summary>
    private DataFile[] Order()
    {
        var changed = _changes.Values.OfType<DataFile>().ToArray();
        Array.Sort(changed, ByPath);
        var ordered = new DataFile[Count];
        var (at, next) = (0, 0);
        foreach (var file in _base.Ordered)
        {
            if (_changes.Count > 0 && _changes.ContainsKey(file.Key))
            {
                continue;
            }

            while (next < changed.Length && ByPath.Compare(changed[next], file) < 0)
            {
                ordered[at++] = changed[next++];
            }

            ordered[at++] = file;
        }

        changed.AsSpan(next).CopyTo(ordered.AsSpan(at));
        return ordered;
    }

    private static readonly Comparer<DataFile> ByPath = Comparer<DataFile>.Create(static (a, b) => string.CompareOrdinal(a.Path, b.Path));

    /// <summary>The part that versions share.</summary>
    private sealed class Shared(Dictionary<string, DataFile> files)
    {
        private DataFile[]? _ordered;

        public Dictionary<string, DataFile> Files => files;

        public DataFile[] Ordered
        {
            get
            {
                if (_ordered is null)
                {
                    var ordered = files.Values.ToArray();
                    Array.Sort(ordered, ByPath);
                    _ordered = ordered;
                }

                return _ordered;
            }
        }
    }

    /// <summary>Makes the next version's files.</summary>
    public sealed class Builder
    {
        private readonly FileSet _from;
        private readonly ImmutableDictionary<string, DataFile?>.Builder _changes;
        private Dictionary<string, DataFile>? _whole;
        private int _count;

        internal Builder(FileSet from)
        {
            _from = from;
            _changes = from._changes.ToBuilder();
            _count = from.Count;
            _whole = from.Count == 0 ? new Dictionary<string, DataFile>(StringComparer.Ordinal) : null;
        }

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out DataFile file)
        {
            if (_whole is not null)
            {
                return _whole.TryGetValue(key, out file);
            }

            if (_changes.TryGetValue(key, out var changed))
            {
                file = changed;
                return changed is not null;
            }

            return _from._base.Files.TryGetValue(key, out file);
        }

        /// <summary>Adds a file whose key is not there.</summary>
        public void Add(string key, DataFile file)
        {
            if (_whole is not null)
            {
                _whole.Add(key, file);
                return;
            }

            _changes[key] = file;
            _count++;
            GrowWhole();
        }

        /// <summary>Removes a file that is there.</summary>
        public void Remove(string key)
        {
            if (_whole is not null)
            {
                _whole.Remove(key);
                return;
            }

            _changes[key] = null;
            _count--;
            GrowWhole();
        }

        public FileSet ToImmutable() => _whole is not null ? new FileSet(new Shared(_whole), NoChanges, _whole.Count) : new FileSet(_from._base, _changes.ToImmutable(), _count);

        private void GrowWhole()
        {
            if (_changes.Count <= Math.Max(LeastChanges, _from._base.Files.Count / ShareOfChanges))
            {
                return;
            }

            _whole = new Dictionary<string, DataFile>(_from._base.Files, StringComparer.Ordinal);
            foreach (var (key, file) in _changes)
            {
                if (file is null)
                {
                    _whole.Remove(key);
                }
                else
                {
                    _whole[key] = file;
                }
            }
        }
    }
}
