using Tarn.Native;

namespace Tarn.Training;

/// <summary>
/// What makes numbers of images: a backbone, or anything else that gives each image a row of the same length. <see cref="Embed"/> is called from several threads at once, a batch
/// on each, so that an implementation does the work of one call on the calling thread alone.
/// </summary>
public abstract class ImageEmbedder
{
    /// <summary>What it is called.</summary>
    public abstract string Name { get; }

    /// <summary>Changes whenever the numbers of an image may change: the key by which they are kept.</summary>
    public abstract string Hash { get; }

    /// <summary>How many numbers an image gets.</summary>
    public abstract int Dimension { get; }

    /// <summary>The numbers of images.</summary>
    /// <param name="images">The images as they were decoded, of any sizes; at least one.</param>
    /// <returns>A row of <see cref="Dimension"/> numbers for each image, in order.</returns>
    public abstract FloatMatrix Embed(IReadOnlyList<RgbImage> images);
}
