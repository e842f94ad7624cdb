namespace Tarn.Training;

/// <summary>How a new group of images gets its split. Once given it stays, by either rule.</summary>
public enum SplitRule
{
    /// <summary>
    /// In the order of the images' hashes, each group to the split that is furthest behind its share of the class: shares are held to an image in every class, however small.
    /// </summary>
    Balanced,

    /// <summary>By the image's hash alone: datasets of the same images agree, in whatever order these came. Shares are held only on average.</summary>
    HashOnly,
}
