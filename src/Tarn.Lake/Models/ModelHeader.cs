using System.Globalization;
using Tarn.Core;
using YamlDotNet.RepresentationModel;

namespace Tarn.Lake;

/// <summary>Reads a model's header.</summary>
internal static class ModelHeader
{
    private static readonly string[] Keys =
        ["name", "layer", "description", "materialized", "unique_key", "watermark", "lookback", "partition_by", "event_time", "columns", "tests"];

    /// <summary>The model without what only its query tells; null where the name cannot be told.</summary>
    public static SqlModel? Read(ModelFile file, ModelErrors errors)
    {
        var yaml = new YamlReading(file, errors);
        if (yaml.Root() is not { } root)
        {
            return null;
        }

        var entries = yaml.Entries(root, "The header", "", Keys);
        if (Name(yaml, root, entries) is not { } name)
        {
            return null;
        }

        var tests = new List<ModelTest>();
        var columns = Columns(yaml, entries.GetValueOrDefault("columns"), tests);
        foreach (var item in yaml.Items(entries.GetValueOrDefault("tests"), "tests"))
        {
            TestHeader.Read(yaml, item, column: null, tests);
        }

        var model = new SqlModel(name, file.File)
        {
            Description = yaml.Text(entries.GetValueOrDefault("description"), "description"),
            Materialization = Materialized(yaml, root, entries) ?? Materialization.View,
            UniqueKey = yaml.Texts(entries.GetValueOrDefault("unique_key"), "unique_key"),
            Watermark = yaml.Text(entries.GetValueOrDefault("watermark"), "watermark"),
            Lookback = yaml.Text(entries.GetValueOrDefault("lookback"), "lookback"),
            PartitionBy = yaml.Texts(entries.GetValueOrDefault("partition_by"), "partition_by"),
            EventTime = yaml.Text(entries.GetValueOrDefault("event_time"), "event_time"),
            Columns = columns,
            Tests = tests,
            Sql = file.Sql,
            SqlLine = file.SqlLine,
            Lines = yaml.Lines,
        };
        CheckTogether(model, yaml, entries);
        return model;
    }

    private static TableName? Name(YamlReading yaml, YamlNode root, Dictionary<string, YamlNode> entries)
    {
        if (!entries.TryGetValue("name", out var node))
        {
            yaml.Error(root, "The header says `name: layer.name`.");
            return null;
        }

        if (yaml.Text(node, "name") is not { } text)
        {
            return null;
        }

        var layer = yaml.Text(entries.GetValueOrDefault("layer"), "layer");
        var full = text.Contains('.', StringComparison.Ordinal) || layer is null ? text : $"{layer}.{text}";
        if (!TableName.TryParse(full, out var name))
        {
            yaml.Error(node, $"A model's name is layer.name (or name, with the layer under `layer`), each a lower-case letter followed by at most 63 lower-case letters, digits and underscores; not `{full}`.");
            return null;
        }

        if (layer is not null && layer != name.Layer)
        {
            yaml.Error(entries["layer"], $"The layer is said twice, once as `{layer}` and once in the name `{full}`.");
        }

        return name;
    }

    private static Materialization? Materialized(YamlReading yaml, YamlNode root, Dictionary<string, YamlNode> entries)
    {
        if (entries.TryGetValue("materialized", out var node))
        {
            return yaml.Choice(node, "materialized", ("view", Materialization.View), ("table", Materialization.Table), ("incremental", Materialization.Incremental));
        }

        yaml.Error(root, "The header says `materialized: view`, `table` or `incremental`.");
        return null;
    }

    private static List<ModelColumn> Columns(YamlReading yaml, YamlNode? node, List<ModelTest> tests)
    {
        var columns = new List<ModelColumn>();
        foreach (var item in yaml.Items(node, "columns"))
        {
            var entries = yaml.Entries(item, "A column", "columns", "name", "description", "tests");
            if (!entries.TryGetValue("name", out var nameNode))
            {
                yaml.Error(item, "A column has a name.");
                continue;
            }

            if (yaml.Text(nameNode, "A column's name") is not { } name)
            {
                continue;
            }

            if (columns.Exists(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                yaml.Error(nameNode, $"The column `{name}` is there twice.");
                continue;
            }

            yaml.Note($"columns.{name}", nameNode);
            columns.Add(new ModelColumn(name, yaml.Text(entries.GetValueOrDefault("description"), "A column's description")));
            foreach (var test in yaml.Items(entries.GetValueOrDefault("tests"), "tests"))
            {
                TestHeader.Read(yaml, test, name, tests);
            }
        }

        return columns;
    }

    private static void CheckTogether(SqlModel model, YamlReading yaml, Dictionary<string, YamlNode> entries)
    {
        var incremental = model.Materialization == Materialization.Incremental;
        if (incremental && !entries.ContainsKey("unique_key"))
        {
            yaml.Error(entries["materialized"], "An incremental model says by which columns rows are merged: `unique_key: id` or `unique_key: [day, place]`.");
        }

        Only(incremental, "watermark", "Only an incremental model has a watermark.");
        Only(model.Watermark is not null, "lookback", "A lookback goes with a watermark.");
        Only(model.Materialization != Materialization.View, "partition_by", "A view holds no rows, so it is not partitioned.");
        Only(model.Materialization != Materialization.View, "event_time", "A view makes no commits that could tell which event times they touched.");
        if (model.Lookback is { } lookback && !IsNumber(lookback) && !TryDuration(lookback, out _))
        {
            yaml.Error(entries["lookback"], $"A lookback is a duration, as in 90s, 15m, 36h or 3d, or a number where the watermark is one; not `{lookback}`.");
        }

        void Only(bool may, string key, string rule)
        {
            if (!may && entries.TryGetValue(key, out var node))
            {
                yaml.Error(node, rule);
            }
        }
    }

    internal static bool IsNumber(string text) => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _);

    /// <summary>A duration: a whole number and s, m, h or d.</summary>
    internal static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        var unit = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };
        duration = TimeSpan.FromSeconds((double)number * unit);
        return unit > 0;
    }
}
