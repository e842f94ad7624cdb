using System.Text.Json;

namespace Tarn.Lake;

/// <summary>Maps of text to text as JSON objects; of the same map again without work.</summary>
internal sealed class ValueMapJson
{
    private readonly Dictionary<IReadOnlyDictionary<string, string?>, byte[]> _known = new(ReferenceEqualityComparer.Instance);

    /// <summary>The map as JSON; empty for none.</summary>
    public ReadOnlySpan<byte> Of(IReadOnlyDictionary<string, string?>? map)
    {
        if (map is null)
        {
            return default;
        }

        if (!_known.TryGetValue(map, out var json))
        {
            json = JsonSerializer.SerializeToUtf8Bytes(map);
            _known[map] = json;
        }

        return json;
    }
}
