using System.Text;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Reads maps of text to text, and gives equal ones as one object: the files of a table share few partitions.</summary>
internal sealed class PartitionValueCache
{
    private readonly Dictionary<string, IReadOnlyDictionary<string, string?>> _known = new(StringComparer.Ordinal);
    private readonly StringBuilder _key = new();

    public IReadOnlyDictionary<string, string?> Read(in DuckDbVector vector, int row)
    {
        var (offset, length) = vector.GetListEntry(row);
        if (length == 0)
        {
            return EmptyMap.NullableStrings;
        }

        var keys = vector.MapChild(0);
        var values = vector.MapChild(1);
        _key.Clear();
        for (var i = (int)offset; i < offset + length; i++)
        {
            _key.Append(keys.GetString(i)).Append('\0').Append(values.IsNull(i) ? "\u0001" : values.GetString(i)).Append('\0');
        }

        var key = _key.ToString();
        if (_known.TryGetValue(key, out var known))
        {
            return known;
        }

        var map = new Dictionary<string, string?>((int)length, StringComparer.Ordinal);
        for (var i = (int)offset; i < offset + length; i++)
        {
            map[keys.GetString(i)] = values.IsNull(i) ? null : values.GetString(i);
        }

        _known[key] = map;
        return map;
    }
}
