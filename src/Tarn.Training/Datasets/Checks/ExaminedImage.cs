using Tarn.Native;

namespace Tarn.Training;

/// <summary>What an examination found.</summary>
/// <param name="Source">The image as the source gives it, without its bytes.</param>
/// <param name="Sha256">The file's hash; null where it could not be read whole.</param>
/// <param name="Bytes">The file's length, as far as it is known.</param>
internal sealed record ExaminedImage(SourceImage Source, string? Sha256, long Bytes)
{
    /// <summary>What its header says; null where it could not be read.</summary>
    public ImageInfo? Info { get; init; }

    /// <summary>What it looks like, or null.</summary>
    public ulong? Hash { get; init; }

    /// <summary>Why it is kept out; null where it is fit.</summary>
    public ImageFinding? Refusal { get; init; }
}
