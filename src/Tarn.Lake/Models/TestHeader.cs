using YamlDotNet.RepresentationModel;

namespace Tarn.Lake;

/// <summary>
/// Reads one test of a header: a word (<c>unique</c>, <c>not_null</c>), or a word with its details
/// (<c>accepted_values: {values: [a, b], severity: warn}</c>).
/// </summary>
internal static class TestHeader
{
    /// <param name="yaml">The header.</param>
    /// <param name="node">The test.</param>
    /// <param name="column">The column under which it stands; null for one of the whole model, which names its columns.</param>
    /// <param name="tests">Where it goes.</param>
    public static void Read(YamlReading yaml, YamlNode node, string? column, List<ModelTest> tests)
    {
        var word = node as YamlScalarNode ?? (node is YamlMappingNode { Children.Count: 1 } one ? one.Children[0].Key as YamlScalarNode : null);
        if (Kind(word?.Value) is not { } kind)
        {
            yaml.Error(node, $"A test is unique, not_null, accepted_values or relationships{(word?.Value is { } w ? $", not `{w}`" : ", one an item")}.");
            return;
        }

        var details = node is YamlMappingNode mapping ? mapping.Children[0].Value : null;
        var test = Details(yaml, node, kind, column, details);
        if (test is not null)
        {
            tests.Add(test);
        }
    }

    private static ModelTest? Details(YamlReading yaml, YamlNode node, ModelTestKind kind, string? column, YamlNode? details)
    {
        // `- unique: [a, b]` is short for `- unique: {columns: [a, b]}`, and `- accepted_values: [a, b]` for its values.
        var entries = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        if (details is YamlSequenceNode && (column is null ? kind is ModelTestKind.Unique or ModelTestKind.NotNull : kind == ModelTestKind.AcceptedValues))
        {
            entries[column is null ? "columns" : "values"] = details;
        }
        else if (details is not null)
        {
            entries = yaml.Entries(details, $"The test {Word(kind)}", "tests", Keys(kind, column));
        }

        var columns = column is not null ? [column] : yaml.Texts(entries.GetValueOrDefault("columns"), "columns");
        var values = yaml.Texts(entries.GetValueOrDefault("values"), "values", StringComparison.Ordinal);
        var to = yaml.Text(entries.GetValueOrDefault("to"), "to");
        var fields = yaml.Texts(entries.GetValueOrDefault("field"), "field");
        var severity = entries.TryGetValue("severity", out var s)
            ? yaml.Choice(s, "severity", ("error", TestSeverity.Error), ("warn", TestSeverity.Warn)) ?? TestSeverity.Error
            : TestSeverity.Error;
        var missing = columns.Count == 0 ? "columns: [a, b]"
            : kind == ModelTestKind.AcceptedValues && values.Count == 0 ? "values: [a, b]"
            : kind == ModelTestKind.Relationships && to is null ? "to: layer.table"
            : kind == ModelTestKind.Relationships && fields.Count != columns.Count ? $"field: with {(columns.Count == 1 ? "the other table's column" : $"{columns.Count} columns of the other table")}"
            : kind == ModelTestKind.AcceptedValues && columns.Count > 1 ? "columns: with one column"
            : null;
        if (missing is not null)
        {
            yaml.Error(node, $"The test {Word(kind)} says `{missing}`.");
            return null;
        }

        return new ModelTest(kind, columns) { Values = values, To = to, ToColumns = fields, Severity = severity, Line = yaml.Line(node) };
    }

    private static string[] Keys(ModelTestKind kind, string? column) =>
    [
        .. column is null ? ["columns"] : Array.Empty<string>(),
        .. kind switch
        {
            ModelTestKind.AcceptedValues => ["values"],
            ModelTestKind.Relationships => ["to", "field"],
            _ => Array.Empty<string>(),
        },
        "severity",
    ];

    private static ModelTestKind? Kind(string? word) => word switch
    {
        "unique" => ModelTestKind.Unique,
        "not_null" => ModelTestKind.NotNull,
        "accepted_values" => ModelTestKind.AcceptedValues,
        "relationships" => ModelTestKind.Relationships,
        _ => null,
    };

    private static string Word(ModelTestKind kind) => kind switch
    {
        ModelTestKind.Unique => "unique",
        ModelTestKind.NotNull => "not_null",
        ModelTestKind.AcceptedValues => "accepted_values",
        _ => "relationships",
    };
}
