using System.Globalization;

namespace Tarn.Lake;

/// <summary>
/// Of which columns of files statistics are kept: the first 32 without parts, or as many as the property <c>delta.dataSkippingNumIndexedCols</c> says (-1 for all), or
/// those that <c>delta.dataSkippingStatsColumns</c> names.
/// </summary>
internal sealed class StatisticsColumns
{
    public const string CountProperty = "delta.dataSkippingNumIndexedCols";
    public const string NamesProperty = "delta.dataSkippingStatsColumns";
    private const int DefaultCount = 32;

    private readonly HashSet<string> _paths;

    private StatisticsColumns(IReadOnlyList<DeltaField> fields, HashSet<string> paths)
    {
        Fields = fields;
        _paths = paths;
    }

    /// <summary>The columns of files.</summary>
    public IReadOnlyList<DeltaField> Fields { get; }

    public static StatisticsColumns Of(IReadOnlyDictionary<string, string> properties, IReadOnlyList<DeltaField> fields)
    {
        var leaves = new List<(string Physical, string Logical)>();
        foreach (var field in fields)
        {
            Leaves(field, "", "", leaves);
        }

        // By those of the event time it is known which times a file holds, whatever else is left out.
        var eventTime = properties.GetValueOrDefault(EventTime.Property);
        if (properties.TryGetValue(NamesProperty, out var names))
        {
            var wanted = Names(names);
            return new(fields, [.. leaves.Where(l => IsEventTime(l) || wanted.Exists(w =>
                l.Logical.Equals(w, StringComparison.OrdinalIgnoreCase) || l.Logical.StartsWith(w + "\0", StringComparison.OrdinalIgnoreCase))).Select(static l => l.Physical)]);
        }

        var count = properties.TryGetValue(CountProperty, out var text) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : DefaultCount;
        return new(fields, [.. leaves.Where((l, i) => count < 0 || i < count || IsEventTime(l)).Select(static l => l.Physical)]);

        bool IsEventTime((string Physical, string Logical) leaf) => leaf.Logical.Equals(eventTime, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether a column, by the names that lead to it in files (joined by NUL), has statistics.</summary>
    public bool Contains(string path) => _paths.Contains(path);

    private static void Leaves(DeltaField field, string physical, string logical, List<(string Physical, string Logical)> leaves)
    {
        var path = physical.Length == 0 ? field.PhysicalName : $"{physical}\0{field.PhysicalName}";
        var name = logical.Length == 0 ? field.Name : $"{logical}\0{field.Name}";
        if (field.Type is DeltaStruct nested)
        {
            foreach (var inner in nested.Fields)
            {
                Leaves(inner, path, name, leaves);
            }
        }
        else
        {
            leaves.Add((path, name));
        }
    }

    /// <summary>Names by commas, their parts by dots; what holds either stands in backticks.</summary>
    private static List<string> Names(string text)
    {
        var names = new List<string>();
        var name = new System.Text.StringBuilder();
        var quoted = false;
        foreach (var c in text.Append(','))
        {
            switch (c)
            {
                case '`':
                    quoted = !quoted;
                    break;
                case ',' when !quoted:
                    if (name.ToString().Trim() is { Length: > 0 } done)
                    {
                        names.Add(done);
                    }

                    name.Clear();
                    break;
                case '.' when !quoted:
                    name.Append('\0');
                    break;
                default:
                    name.Append(c);
                    break;
            }
        }

        return names;
    }
}
