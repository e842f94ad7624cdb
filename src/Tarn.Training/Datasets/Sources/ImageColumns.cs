using Tarn.Core;

namespace Tarn.Training;

/// <summary>What the columns of a manifest or a query are called, compared without regard to case.</summary>
public sealed record ImageColumns
{
    /// <summary>The image's path, or a name for it where its bytes are in <see cref="Content"/>. Default <c>path</c>; required.</summary>
    public string Path { get; init; } = "path";

    /// <summary>The class; an empty one is none. Default <c>label</c>; required.</summary>
    public string Label { get; init; } = "label";

    /// <summary>The split that the image is to have (<c>train</c>, <c>validation</c> or <c>val</c>, <c>test</c>), empty for none. Default <c>split</c>; may be absent.</summary>
    public string Split { get; init; } = "split";

    /// <summary>What belongs together and has to be in one split, empty for nothing. Default <c>group</c>; may be absent.</summary>
    public string Group { get; init; } = "group";

    /// <summary>The image's bytes, null for those of the file. Default <c>content</c>; may be absent.</summary>
    public string Content { get; init; } = "content";

    /// <summary>Makes images of rows.</summary>
    internal RowReading Of(IReadOnlyList<string> names, string source) => new(this, names, source);

    /// <summary>The columns of one result.</summary>
    internal sealed class RowReading
    {
        private readonly string _source;
        private readonly int _path;
        private readonly int _label;
        private readonly int _split;
        private readonly int _group;
        private readonly int _content;

        public RowReading(ImageColumns columns, IReadOnlyList<string> names, string source)
        {
            _source = source;
            (_path, _label) = (Required(columns.Path), Required(columns.Label));
            (_split, _group, _content) = (Find(columns.Split), Find(columns.Group), Find(columns.Content));

            int Find(string name) => names.ToList().FindIndex(n => string.Equals(n, name, StringComparison.OrdinalIgnoreCase));

            int Required(string name) => Find(name) is >= 0 and var at ? at : throw TarnException.InvalidInput(
                $"{source} has a column {name}.", string.Join(", ", names), "Name its columns by ImageColumns.");
        }

        public SourceImage Read(IReadOnlyList<object?> row, string? root)
        {
            var path = Text(row, _path) ?? throw TarnException.InvalidInput($"Every row of {_source} names its image.", "an empty path");
            var split = Text(row, _split)?.ToLowerInvariant() switch
            {
                null => (DatasetSplit?)null,
                "train" or "training" => DatasetSplit.Train,
                "validation" or "val" or "valid" or "dev" => DatasetSplit.Validation,
                "test" => DatasetSplit.Test,
                var other => throw TarnException.InvalidInput($"A split in {_source} is train, validation or test.", $"{other} ({path})"),
            };
            var content = _content >= 0 ? row[_content] as byte[] : null;
            if (content is null && root is null && !System.IO.Path.IsPathFullyQualified(path))
            {
                throw TarnException.InvalidInput($"A path in {_source} is a full one, or starts from a root.", path, "Give the folder that paths start from.");
            }

            // A full path below the root is kept relative to it, so that the images can move together; any other starts from its own folder.
            if (content is null && System.IO.Path.IsPathFullyQualified(path))
            {
                var below = root is null ? null : System.IO.Path.GetRelativePath(root, path);
                (root, path) = below is not null && !below.StartsWith("..", StringComparison.Ordinal) && !System.IO.Path.IsPathFullyQualified(below)
                    ? (root, below)
                    : (System.IO.Path.GetDirectoryName(path)!, System.IO.Path.GetFileName(path));
            }

            return new SourceImage(path.Replace('\\', '/'), content is null ? root : null, Text(row, _label)) { Split = split, Group = Text(row, _group), Content = content };
        }

        private static string? Text(IReadOnlyList<object?> row, int column) =>
            column >= 0 && Convert.ToString(row[column], System.Globalization.CultureInfo.InvariantCulture)?.Trim() is { Length: > 0 } text ? text : null;
    }
}
