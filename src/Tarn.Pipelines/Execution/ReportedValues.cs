using System.Collections.Immutable;
using System.Text.Json;

namespace Tarn.Pipelines;

/// <summary>What an attempt has reported: the last value of each name. Most attempts report nothing, and then it holds nothing. Safe for use by several threads.</summary>
internal sealed class ReportedValues
{
    private ImmutableDictionary<string, JsonElement> _values = ImmutableDictionary<string, JsonElement>.Empty;

    /// <summary>The values so far.</summary>
    public IReadOnlyDictionary<string, JsonElement> Values => Volatile.Read(ref _values);

    /// <summary>Notes a value.</summary>
    public void Set(string name, JsonElement value) => ImmutableInterlocked.Update(ref _values, static (values, given) => values.SetItem(given.name, given.value), (name, value));
}
