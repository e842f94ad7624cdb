using System.Diagnostics.CodeAnalysis;
using Tarn.Lake;

namespace Tarn.Training;

/// <summary>A row of a dataset's table with the image's bytes, where they are kept.</summary>
internal sealed record StoredImage : DatasetImage
{
    public StoredImage()
    {
    }

    [SetsRequiredMembers]
    internal StoredImage(DatasetImage image, byte[]? content = null, bool deleted = false)
        : base(image) => (Content, Deleted) = (content, deleted);

    /// <summary>The file's bytes, or null where the dataset only refers to files.</summary>
    [Describe("The file's bytes, or null where only its path is kept.")]
    public byte[]? Content { get; init; }

    /// <summary>Whether the row goes; a column of changes on their way, and not of the table.</summary>
    public bool Deleted { get; init; }
}
