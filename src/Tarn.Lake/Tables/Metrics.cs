using System.Globalization;

namespace Tarn.Lake;

/// <summary>Counts as Delta's operationMetrics has them: text.</summary>
internal static class Metrics
{
    public static IReadOnlyDictionary<string, string> Of(params ReadOnlySpan<(string Name, long Value)> metrics)
    {
        var map = new Dictionary<string, string>(metrics.Length, StringComparer.Ordinal);
        foreach (var (name, value) in metrics)
        {
            map[name] = value.ToString(CultureInfo.InvariantCulture);
        }

        return map;
    }
}
