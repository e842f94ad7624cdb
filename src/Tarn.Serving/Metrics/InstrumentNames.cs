using System.Globalization;

namespace Tarn.Serving;

/// <summary>How names, units and tags of OpenTelemetry are called in Prometheus (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/).</summary>
internal static class InstrumentNames
{
    /// <summary>A family's name, of a counter without <c>_total</c>, and its unit's name; null for none.</summary>
    public static (string Name, string? Unit) Family(string instrument, string? unit, MetricKind kind)
    {
        var name = Clean(instrument);
        if (kind == MetricKind.Counter && name.EndsWith("_total", StringComparison.Ordinal))
        {
            name = name[..^"_total".Length];
        }

        var suffix = UnitOf(unit, kind);
        if (suffix is null)
        {
            return (name, null);
        }

        return (name.EndsWith("_" + suffix, StringComparison.Ordinal) ? name : $"{name}_{suffix}", suffix);
    }

    /// <summary>The labels of tags, by name. Where two tags have one name in Prometheus, their values are joined.</summary>
    public static MetricLabel[] Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            var name = Clean(key);
            var text = value is bool flag ? (flag ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            labels[name] = labels.TryGetValue(name, out var other) ? $"{other};{text}" : text;
        }

        return [.. labels.Select(static l => new MetricLabel(l.Key, l.Value))];
    }

    private static string Clean(string name)
    {
        var clean = string.Create(name.Length, name, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = char.IsAsciiLetterOrDigit(from[i]) ? from[i] : '_';
            }
        });
        return clean.Length == 0 || char.IsAsciiDigit(clean[0]) ? "_" + clean : clean;
    }

    private static string? UnitOf(string? unit, MetricKind kind) => unit switch
    {
        null or "" => null,
        "1" => kind == MetricKind.Gauge ? "ratio" : null,
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        "%" => "percent",
        _ when unit.StartsWith('{') => null,
        _ => Clean(unit),
    };
}
