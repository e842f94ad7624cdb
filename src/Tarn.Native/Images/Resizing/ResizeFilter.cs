namespace Tarn.Native;

/// <summary>How the pixels of a resized image are computed. Pixels are areas: the middle of pixel i is at (i + 0.5) × scale − 0.5 of the source.</summary>
public enum ResizeFilter
{
    /// <summary>The pixel that the middle falls in.</summary>
    Nearest = 0,

    /// <summary>From the two pixels on either side in each direction, whatever the scale; makes jagged edges and moiré where it makes smaller.</summary>
    Bilinear = 1,

    /// <summary>A triangle that is widened by the scale where it makes smaller, so that every source pixel counts (as Pillow's BILINEAR, and ONNX's linear Resize with antialias).</summary>
    BilinearAntialias = 2,

    /// <summary>A windowed sinc of three lobes, widened by the scale where it makes smaller; the sharpest (as Pillow's LANCZOS).</summary>
    Lanczos3Antialias = 3,
}
