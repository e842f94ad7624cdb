using System.Globalization;
using Tarn.Core;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Tarn.Training;

/// <summary>Reads and writes a catalogue in YAML: a mapping from names to entries. What is not known is an error with its line.</summary>
internal static class CatalogFile
{
    private static readonly string[] Keys = ["description", "file", "url", "sha256", "size", "layout", "channels", "scale", "mean", "std", "resize", "short", "embedding", "how"];

    public static IReadOnlyList<BackboneEntry> Read(string yaml, string source, bool isBuiltIn = false)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException exception)
        {
            throw TarnException.InvalidInput($"A catalogue of backbones is YAML; this is not: {exception.InnerException?.Message ?? exception.Message}", $"{source}, line {exception.Start.Line}", "Correct the file.");
        }

        var entries = new List<BackboneEntry>();
        foreach (var document in stream.Documents)
        {
            var root = document.RootNode as YamlMappingNode
                ?? throw TarnException.InvalidInput("A catalogue of backbones maps names to entries.", source, "As in `mine: { file: mine.onnx, size: 224 }`.");
            entries.AddRange(root.Children.Select(pair => Entry((pair.Key as YamlScalarNode)?.Value ?? "", pair.Value, source, isBuiltIn)));
        }

        return entries;
    }

    public static string Write(IEnumerable<BackboneEntry> entries)
    {
        var root = new YamlMappingNode();
        foreach (var entry in entries.OrderBy(static e => e.Name, StringComparer.Ordinal))
        {
            root.Add(entry.Name, Node(entry));
        }

        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        new YamlStream(new YamlDocument(root)).Save(text, assignAnchors: false);
        var yaml = text.ToString();

        // The mark of the document's end would set what a person adds below apart.
        return yaml.EndsWith("...\n", StringComparison.Ordinal) ? yaml[..^4] : yaml;
    }

    private static BackboneEntry Entry(string name, YamlNode node, string source, bool isBuiltIn)
    {
        if (node is not YamlMappingNode mapping)
        {
            throw Wrong(node, source, $"The entry {name} is a mapping with the keys {string.Join(", ", Keys)}.");
        }

        var values = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Children)
        {
            var text = (key as YamlScalarNode)?.Value ?? "";
            values[text] = Keys.Contains(text) ? value : throw Wrong(key, source, $"An entry has no key `{text}`; it has {string.Join(", ", Keys)}.");
        }

        string? Text(string key) => values.GetValueOrDefault(key) is { } n ? (n as YamlScalarNode)?.Value ?? throw Wrong(n, source, $"{name}.{key} is a text.") : null;
        double[] Numbers(string key, double[] otherwise) => values.GetValueOrDefault(key) switch
        {
            null => otherwise,
            YamlSequenceNode list => [.. list.Select(n => Number(n, source, $"{name}.{key}"))],
            var one when Number(one, source, $"{name}.{key}") is var number => [number, number, number],
            _ => otherwise,
        };
        var size = Size(values.GetValueOrDefault("size") ?? throw Wrong(node, source, $"The entry {name} needs the key size."), source, name);
        var entry = new BackboneEntry
        {
            Name = name,
            Description = Text("description") ?? "",
            File = Text("file") ?? name + ".onnx",
            Url = Text("url"),
            Sha256 = Text("sha256")?.ToLowerInvariant(),
            Width = size.Width,
            Height = size.Height,
            Layout = Choice(Text("layout"), ImageLayout.Nchw, source, $"{name}.layout"),
            Channels = Choice(Text("channels"), ChannelOrder.Rgb, source, $"{name}.channels"),
            Scale = values.GetValueOrDefault("scale") is { } scale ? Number(scale, source, $"{name}.scale") : 1,
            Mean = Numbers("mean", [0, 0, 0]),
            Std = Numbers("std", [1, 1, 1]),
            Resize = Choice(Text("resize"), ResizePolicy.Stretch, source, $"{name}.resize"),
            ShortSide = values.GetValueOrDefault("short") is { } side ? (int)Number(side, source, $"{name}.short") : null,
            Embedding = Text("embedding") ?? "auto",
            HowToGet = Text("how"),
            IsBuiltIn = isBuiltIn,
        };
        BackboneRules.Check(entry, source);
        return entry;
    }

    private static (int Width, int Height) Size(YamlNode node, string source, string name)
    {
        if (node is YamlSequenceNode { Children.Count: 2 } both)
        {
            return ((int)Number(both[0], source, $"{name}.size"), (int)Number(both[1], source, $"{name}.size"));
        }

        var side = (int)Number(node, source, $"{name}.size");
        return (side, side);
    }

    private static double Number(YamlNode node, string source, string what) =>
        node is YamlScalarNode { Value: { } text } && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Wrong(node, source, $"{what} is a number, or (mean, std) a list of three, or (size) a list of width and height.");

    internal static T Choice<T>(string? text, T otherwise, string source, string what)
        where T : struct, Enum => text is null ? otherwise
        : Enum.GetNames<T>().Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<T>(text, ignoreCase: true)
        : throw TarnException.InvalidInput($"{what} is one of {string.Join(", ", Enum.GetNames<T>().Select(static n => n.ToLowerInvariant()))}.", text, $"Correct it ({source}).");

    private static YamlMappingNode Node(BackboneEntry entry)
    {
        var node = new YamlMappingNode();
        void Add(string key, string? value, string? usual = null)
        {
            if (value is not null && value != usual)
            {
                node.Add(key, new YamlScalarNode(value));
            }
        }

        void AddAll(string key, IReadOnlyList<double> values, double usual)
        {
            if (values.Any(v => v != usual))
            {
                node.Add(key, new YamlSequenceNode(values.Select(static v => new YamlScalarNode(Text(v)))) { Style = YamlDotNet.Core.Events.SequenceStyle.Flow });
            }
        }

        Add("description", entry.Description, "");
        Add("file", entry.File);
        Add("url", entry.Url);
        Add("sha256", entry.Sha256);
        if (entry.Width == entry.Height)
        {
            Add("size", Text(entry.Width));
        }
        else
        {
            AddAll("size", [entry.Width, entry.Height], double.NaN);
        }

        Add("layout", entry.Layout.ToString().ToLowerInvariant(), "nchw");
        Add("channels", entry.Channels.ToString().ToLowerInvariant(), "rgb");
        Add("scale", Text(entry.Scale), "1");
        AddAll("mean", entry.Mean, 0);
        AddAll("std", entry.Std, 1);
        Add("resize", entry.Resize.ToString().ToLowerInvariant(), "stretch");
        Add("short", entry.ShortSide is { } side ? Text(side) : null);
        Add("embedding", entry.Embedding, "auto");
        Add("how", entry.HowToGet);
        return node;
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static TarnException Wrong(YamlNode node, string source, string rule) =>
        TarnException.InvalidInput(rule, $"{source}, line {node.Start.Line}", "Correct the file.");
}
