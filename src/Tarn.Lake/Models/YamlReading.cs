using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Tarn.Lake;

/// <summary>Reads a YAML header strictly: what is not asked for is an error with its line, and nothing is converted silently.</summary>
internal sealed class YamlReading(ModelFile file, ModelErrors errors)
{
    private readonly Dictionary<string, int> _lines = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Where each thing was said, by its path.</summary>
    public IReadOnlyDictionary<string, int> Lines => _lines;

    /// <summary>The header's mapping, or null with an error.</summary>
    public YamlMappingNode? Root()
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(file.Yaml));
        }
        catch (YamlException e)
        {
            errors.Add(file.File, file.YamlLine + (int)Math.Max(e.Start.Line, 1) - 1, $"The header is YAML; this is not: {e.InnerException?.Message ?? e.Message}");
            return null;
        }

        if (stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root)
        {
            return root;
        }

        errors.Add(file.File, file.YamlLine, "The header is one YAML mapping, as in `name: gold.daily_counts`.");
        return null;
    }

    public int Line(YamlNode node) => file.YamlLine + (int)node.Start.Line - 1;

    public void Error(YamlNode node, string text) => errors.Add(file.File, Line(node), text);

    /// <summary>The entries of a mapping by their keys; an unknown key is an error.</summary>
    public Dictionary<string, YamlNode> Entries(YamlNode node, string what, string path, params string[] known)
    {
        var entries = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        if (node is not YamlMappingNode mapping)
        {
            Error(node, $"{what} is a mapping with the keys {string.Join(", ", known)}.");
            return entries;
        }

        foreach (var (key, value) in mapping.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (!known.Contains(name, StringComparer.Ordinal))
            {
                Error(key, $"{what} has no key `{name}`; it has {string.Join(", ", known)}.");
                continue;
            }

            _lines[path.Length == 0 ? name : $"{path}.{name}"] = Line(key);
            entries[name] = value;
        }

        return entries;
    }

    public void Note(string path, YamlNode node) => _lines[path] = Line(node);

    /// <summary>A text that is not empty, or null with an error.</summary>
    public string? Text(YamlNode? node, string what)
    {
        if (node is null)
        {
            return null;
        }

        if (node is YamlScalarNode { Value: { } value } && value.Trim().Length > 0 && value is not "~" and not "null")
        {
            return value.Trim();
        }

        Error(node, $"{what} is a text, and not empty.");
        return null;
    }

    /// <summary>A list of texts without repetition; one text stands for a list of one.</summary>
    public List<string> Texts(YamlNode? node, string what, StringComparison comparison = StringComparison.OrdinalIgnoreCase)
    {
        var texts = new List<string>();
        if (node is null)
        {
            return texts;
        }

        IEnumerable<YamlNode> items = node is YamlSequenceNode sequence ? sequence.Children : [node];
        foreach (var item in items)
        {
            if (Text(item, what) is not { } text)
            {
                continue;
            }

            if (texts.Exists(t => t.Equals(text, comparison)))
            {
                Error(item, $"{what} has `{text}` twice.");
                continue;
            }

            texts.Add(text);
        }

        if (texts.Count == 0 && node is YamlSequenceNode { Children.Count: 0 })
        {
            Error(node, $"{what} is not empty; leave the key out where there is none.");
        }

        return texts;
    }

    /// <summary>The items of a list; anything else is an error.</summary>
    public IEnumerable<YamlNode> Items(YamlNode? node, string what)
    {
        if (node is null)
        {
            return [];
        }

        if (node is YamlSequenceNode sequence)
        {
            return sequence.Children;
        }

        Error(node, $"{what} is a list: each item starts with `- `.");
        return [];
    }

    /// <summary>One of some words, or null with an error.</summary>
    public T? Choice<T>(YamlNode? node, string what, params (string Word, T Value)[] choices)
        where T : struct
    {
        if (Text(node, what) is not { } text)
        {
            return null;
        }

        foreach (var (word, value) in choices)
        {
            if (word == text)
            {
                return value;
            }
        }

        Error(node!, $"{what} is {string.Join(" or ", choices.Select(static c => c.Word))}, not `{text}`.");
        return null;
    }
}
