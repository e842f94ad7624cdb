namespace Tarn.Native;

/// <summary>How an image is decoded.</summary>
public sealed record ImageDecodeOptions
{
    /// <summary>The default options.</summary>
    public static readonly ImageDecodeOptions Default = new();

    /// <summary>What the image may cost.</summary>
    public ImageLimits Limits { get; init; } = ImageLimits.Default;

    /// <summary>
    /// A length of pixels that both sides of the result are to have at least, or null (the default) for the whole size. A JPEG that stays this large at a half, a quarter
    /// or an eighth is decoded so, which is quicker; other formats are decoded whole. An image that is smaller stays as it is.
    /// </summary>
    public int? AtLeast { get; init; }

    /// <summary>Whether the image is turned as its EXIF orientation says. Default true.</summary>
    public bool ApplyOrientation { get; init; } = true;

    /// <summary>Whether a JPEG whose data is cut short or damaged gives what could be read of it, the rest grey. Default false: it is an error.</summary>
    public bool AllowDamaged { get; init; }
}
