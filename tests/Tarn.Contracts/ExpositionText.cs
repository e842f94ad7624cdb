using System.Globalization;
using System.Text;

namespace Tarn.Contracts;

/// <summary>Reads a page of metrics, in Prometheus's text format or in OpenMetrics, and is strict about it: what a scraper might forgive is a <see cref="FormatException"/>.</summary>
public sealed class ExpositionText
{
    private readonly bool _isOpen;
    private readonly HashSet<string> _series = new(StringComparer.Ordinal);

    private ExpositionText(bool isOpen) => _isOpen = isOpen;

    public Dictionary<string, MetricFamily> Families { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads a page.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static ExpositionText Parse(string page, bool isOpenMetrics)
    {
        var text = new ExpositionText(isOpenMetrics);
        Require(page.Length == 0 || page.EndsWith('\n'), page.Length > 80 ? page[^80..] : page, "the last line ends");
        var lines = page.Split('\n')[..^1];
        if (isOpenMetrics)
        {
            Require(lines[^1] == "# EOF", lines[^1], "OpenMetrics ends with # EOF");
            lines = lines[..^1];
        }

        MetricFamily? family = null;
        foreach (var line in lines)
        {
            Require(line != "# EOF", line, "# EOF is the end, of OpenMetrics only");
            family = line.StartsWith('#') ? text.Describe(line, family) : text.Sample(line, family);
        }

        foreach (var histogram in text.Families.Values.Where(static f => f.Type == "histogram"))
        {
            CheckBuckets(histogram);
        }

        return text;
    }

    /// <summary>The value of the sample that has these labels among its own.</summary>
    public double Value(string sample, params (string Name, string Value)[] labels)
    {
        var found = Find(sample, labels);
        Require(found.Count == 1, $"{sample} {string.Join(' ', labels)}", $"there is one sample of it, not {found.Count}");
        return found[0].Value;
    }

    /// <summary>The samples that have these labels among their own.</summary>
    public IReadOnlyList<MetricSample> Find(string sample, params (string Name, string Value)[] labels) => [.. Families.Values
        .SelectMany(static f => f.Samples)
        .Where(s => s.Name == sample && labels.All(l => s.Labels.TryGetValue(l.Name, out var value) && value == l.Value))];

    private MetricFamily Describe(string line, MetricFamily? current)
    {
        var parts = line.Split(' ', 4);
        Require(parts.Length == 4 && parts[1] is "HELP" or "TYPE" or "UNIT", line, "a comment is HELP, TYPE or UNIT");
        if (current?.Name != parts[2])
        {
            Require(!Families.ContainsKey(parts[2]), line, "a family is in one piece");
            current = new MetricFamily(parts[2]);
            Families.Add(parts[2], current);
        }

        Require(current.Samples.Count == 0, line, "a family is described before its samples");
        switch (parts[1])
        {
            case "HELP":
                current.Help = Unescape(parts[3]);
                break;
            case "TYPE":
                Require(current.Type.Length == 0 && parts[3] is "counter" or "gauge" or "histogram" or "unknown", line, "a type is known, and said once");
                Require(_isOpen || parts[3] != "unknown", line, "Prometheus has no type unknown");
                current.Type = parts[3];
                break;
            default:
                Require(_isOpen && current.Name.EndsWith("_" + parts[3], StringComparison.Ordinal), line, "the name ends with the unit");
                break;
        }

        return current;
    }

    private MetricFamily Sample(string line, MetricFamily? family)
    {
        Require(family is not null, line, "a sample belongs to a family");
        var at = 0;
        while (at < line.Length && (char.IsAsciiLetterOrDigit(line[at]) || line[at] is '_' or ':'))
        {
            at++;
        }

        var name = line[..at];
        Require(at > 0 && !char.IsAsciiDigit(name[0]), line, "a name is letters, digits, _ and :");
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (line[at] == '{')
        {
            at = Labels(line, at + 1, labels);
        }

        Require(line[at] == ' ', line, "a space comes before the value");
        var text = line[(at + 1)..];
        var value = text switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        Require(IsOf(family!, name), line, $"a sample of {family!.Type} {family.Name} is called so");
        Require(_series.Add(name + string.Join(',', labels.OrderBy(static l => l.Key, StringComparer.Ordinal))), line, "a series is there once");
        family.Samples.Add(new MetricSample(name, labels, value));
        return family;
    }

    private bool IsOf(MetricFamily family, string sample) => family.Type switch
    {
        "histogram" => sample == family.Name + "_bucket" || sample == family.Name + "_sum" || sample == family.Name + "_count",
        "counter" when _isOpen => sample == family.Name + "_total",
        _ => sample == family.Name,
    };

    private static int Labels(string line, int at, Dictionary<string, string> labels)
    {
        while (true)
        {
            var equal = line.IndexOf('=', at);
            var name = line[at..equal];
            Require(name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(name[0]), line, "a label's name is letters, digits and _");
            Require(line[equal + 1] == '"', line, "a label's value stands in quotes");
            var end = equal + 2;
            while (line[end] != '"')
            {
                end += line[end] == '\\' ? 2 : 1;
            }

            Require(labels.TryAdd(name, Unescape(line[(equal + 2)..end])), line, "a label is there once");
            if (line[end + 1] == '}')
            {
                return end + 2;
            }

            Require(line[end + 1] == ',', line, "a comma stands between labels");
            at = end + 2;
        }
    }

    private static void CheckBuckets(MetricFamily family)
    {
        foreach (var series in family.Samples.GroupBy(static s => string.Join(',', s.Labels.Where(static l => l.Key != "le").Select(static l => $"{l.Key}={l.Value}")), StringComparer.Ordinal))
        {
            var buckets = series.Where(static s => s.Name.EndsWith("_bucket", StringComparison.Ordinal)).ToList();
            var bounds = buckets.Select(static b => b.Labels["le"] == "+Inf" ? double.PositiveInfinity : double.Parse(b.Labels["le"], NumberStyles.Float, CultureInfo.InvariantCulture)).ToList();
            Require(bounds.SequenceEqual(bounds.Order()) && double.IsPositiveInfinity(bounds[^1]), family.Name, "bounds ascend to +Inf");
            Require(buckets.Select(static b => b.Value).SequenceEqual(buckets.Select(static b => b.Value).Order()), family.Name, "buckets are cumulative");
            Require(series.Single(s => s.Name == family.Name + "_count").Value.Equals(buckets[^1].Value), family.Name, "the last bucket is the count");
            Require(series.Count(s => s.Name == family.Name + "_sum") == 1, family.Name, "there is a sum");
        }
    }

    private static string Unescape(string text)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            plain.Append(text[i] != '\\' ? text[i] : text[++i] switch
            {
                'n' => '\n',
                '\\' => '\\',
                '"' => '"',
                var other => throw new FormatException($"\\{other} is no escape: {text}"),
            });
        }

        return plain.ToString();
    }

    private static void Require(bool holds, string line, string rule)
    {
        if (!holds)
        {
            throw new FormatException($"{rule}: {line}");
        }
    }
}

/// <summary>A family of a page of metrics.</summary>
public sealed class MetricFamily(string name)
{
    public string Name => name;

    public string Type { get; set; } = "";

    public string Help { get; set; } = "";

    public List<MetricSample> Samples { get; } = [];
}

/// <summary>A sample of a page of metrics.</summary>
public sealed record MetricSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);
