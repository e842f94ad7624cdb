using Tarn.Lake;

namespace Tarn.Training;

/// <summary>An image of a dataset: a row of its table.</summary>
[Describe("An image of a dataset.")]
public record DatasetImage
{
    /// <summary>The SHA-256 of the file, 64 lower-case hexadecimal digits: what names the image. Files with the same bytes are one image.</summary>
    [Describe("The SHA-256 of the file: the row's key.")]
    public required string Sha256 { get; init; }

    /// <summary>Where the file is below <see cref="Root"/>, with <c>/</c>; or what the source calls the image.</summary>
    [Describe("The file's path below the root, or what the source calls the image.")]
    public required string Path { get; init; }

    /// <summary>The full path of the folder that <see cref="Path"/> starts from; null where the image's bytes are in the table alone.</summary>
    [Describe("The folder that the path starts from; null where the bytes are in the table alone.")]
    public string? Root { get; init; }

    /// <summary>Its class.</summary>
    [Describe("The class.")]
    public required string Label { get; init; }

    /// <summary>What it is for. Settled when the image comes; it stays.</summary>
    [Describe("What the image is for: train, validation or test. It never changes.")]
    public required DatasetSplit Split { get; init; }

    /// <summary>The group of images so alike that they have to be in one split: the smallest SHA-256 of those that began it.</summary>
    [Describe("Images that look alike, or that the source puts together, have one group, and one split.")]
    public required string GroupId { get; init; }

    /// <summary>What the source says belongs together (one restaurant, one patient), or null.</summary>
    [Describe("What the source says belongs together, or null.")]
    public string? SourceGroup { get; init; }

    /// <summary>The bits of its <see cref="Tarn.Training.PerceptualHash"/>; null where it shows nothing to tell it by.</summary>
    [Describe("64 bits of what the image looks like; those of images that look alike differ in few.")]
    public long? PerceptualHash { get; init; }

    /// <summary>Pixels in a row, as it is seen (turned as EXIF says).</summary>
    [Describe("Pixels in a row, as seen.")]
    public int Width { get; init; }

    /// <summary>Rows of pixels, as it is seen.</summary>
    [Describe("Rows of pixels, as seen.")]
    public int Height { get; init; }

    /// <summary>Its format by its content: <c>jpeg</c>, <c>png</c>, <c>webp</c>, <c>gif</c>.</summary>
    [Describe("The format by the content: jpeg, png, webp, gif.")]
    public required string Format { get; init; }

    /// <summary>Pictures in the file; more than 1 where it is animated, and then the first counts.</summary>
    [Describe("Pictures in the file; of several the first counts.")]
    public int Frames { get; init; } = 1;

    /// <summary>The file's length.</summary>
    [Describe("The file's length in bytes.")]
    public long Bytes { get; init; }

    /// <summary>When it came into the dataset.</summary>
    [Describe("When the image came into the dataset.")]
    public DateTimeOffset AddedAt { get; init; }
}
