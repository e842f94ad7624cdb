using Tarn.Native;

namespace Tarn.Training;

/// <summary>Small pictures of images.</summary>
public static class ImageThumbnail
{
    /// <summary>The longest side that is made, in pixels.</summary>
    public const int MostSide = 1024;

    /// <summary>
    /// A JPEG of an image that fits into a square, as the image is seen (turned as EXIF says; of several pictures the first). Its sides keep their ratio, each at least 1 pixel; a small
    /// image is not made larger. The size and the pixels of the image are checked by its header before anything is decoded.
    /// </summary>
    /// <param name="image">The file's bytes, of any format that <see cref="ImageCodec"/> reads.</param>
    /// <param name="side">The square's side in pixels, 1 to <see cref="MostSide"/>.</param>
    /// <param name="limits">What an image may cost; null for <see cref="ImageLimits.Default"/>.</param>
    /// <param name="quality">The quality of the JPEG. Default 75; 1 to 100.</param>
    /// <exception cref="Tarn.Core.TarnException">The file is no image, is damaged, or is over a limit.</exception>
    public static byte[] Make(ReadOnlySpan<byte> image, int side, ImageLimits? limits = null, int quality = 75)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(side, MostSide);
        limits ??= ImageLimits.Default;
        var info = ImageCodec.Identify(image, limits);
        var scale = Math.Min(1.0, (double)side / Math.Max(info.SeenWidth, info.SeenHeight));
        var (width, height) = (Math.Max(1, (int)Math.Round(info.SeenWidth * scale)), Math.Max(1, (int)Math.Round(info.SeenHeight * scale)));
        var small = ImageCodec.DecodeResized(image, width, height, ResizeFilter.BilinearAntialias, new ImageDecodeOptions { Limits = limits });
        return ImageCodec.EncodeJpeg(small, quality);
    }
}
