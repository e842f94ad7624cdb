using Tarn.Native;

namespace Tarn.Training;

/// <summary>An image as a source gives it.</summary>
/// <param name="Path">Its path below the root, with <c>/</c>, or what the source calls it; one image at most has it.</param>
/// <param name="Root">The full path of the folder that the path starts from, or null.</param>
/// <param name="Label">Its class, or null where the source gives none.</param>
internal sealed record SourceImage(string Path, string? Root, string? Label)
{
    /// <summary>The split that the source wants, or null.</summary>
    public DatasetSplit? Split { get; init; }

    /// <summary>What the source says belongs together, or null.</summary>
    public string? Group { get; init; }

    /// <summary>The bytes, where the source has them at hand; else they are in the file.</summary>
    public byte[]? Content { get; init; }

    public byte[] Read(ImageLimits limits) => Content ?? ImageCodec.ReadFile(FullPath(Root!, Path), limits);

    public static string FullPath(string root, string path) => System.IO.Path.GetFullPath(System.IO.Path.Combine(root, path.Replace('/', System.IO.Path.DirectorySeparatorChar)));
}
