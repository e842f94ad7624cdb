namespace Tarn.Lake;

/// <summary>What is known of files, the least recently used forgotten first. Files never change, so that nothing in it can be wrong. Not safe for several threads.</summary>
internal sealed class FileCache<TValue>(long capacity)
{
    private readonly Dictionary<string, LinkedListNode<(string Path, TValue Value, long Cost)>> _byPath = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Path, TValue Value, long Cost)> _byUse = [];
    private long _cost;

    public bool TryGet(string path, out TValue value)
    {
        if (!_byPath.TryGetValue(path, out var node))
        {
            value = default!;
            return false;
        }

        _byUse.Remove(node);
        _byUse.AddLast(node);
        value = node.Value.Value;
        return true;
    }

    /// <summary>Keeps a value, if it is not larger than the whole cache.</summary>
    public void Set(string path, TValue value, long cost)
    {
        Remove(path);
        if (cost > capacity)
        {
            return;
        }

        _byPath[path] = _byUse.AddLast((path, value, cost));
        _cost += cost;
        while (_cost > capacity)
        {
            Remove(_byUse.First!.Value.Path);
        }
    }

    public void Remove(string path)
    {
        if (_byPath.Remove(path, out var node))
        {
            _byUse.Remove(node);
            _cost -= node.Value.Cost;
        }
    }
}
