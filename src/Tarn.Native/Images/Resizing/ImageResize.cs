using System.Globalization;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>
/// Resizes and crops images. Computed in integers: the same result on every processor, and within one step of 255 of the filter's exact value.
/// </summary>
public static class ImageResize
{
    /// <summary>An image of another size; the proportions are not kept.</summary>
    /// <param name="image">The source.</param>
    /// <param name="width">Pixels in a row of the result, 1 or more.</param>
    /// <param name="height">Rows of the result, 1 or more.</param>
    /// <param name="filter">How pixels are computed.</param>
    /// <exception cref="TarnException">A size is out of range.</exception>
    public static RgbImage Resize(RgbImage image, int width, int height, ResizeFilter filter = ResizeFilter.BilinearAntialias)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (width == image.Width && height == image.Height)
        {
            return image;
        }

        var result = PixelBuffer.Create(width, height, pool: null);
        Resize(image.Pixels.Span, image.Width, image.Height, result.Span, width, height, filter);
        return result.ToImage();
    }

    /// <summary>A rectangle of an image.</summary>
    /// <param name="image">The source.</param>
    /// <param name="x">Its left side, from 0.</param>
    /// <param name="y">Its top, from 0.</param>
    /// <param name="width">Its width, 1 or more.</param>
    /// <param name="height">Its height, 1 or more.</param>
    /// <exception cref="TarnException">It reaches outside the image.</exception>
    public static RgbImage Crop(RgbImage image, int x, int y, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (x < 0 || y < 0 || width < 1 || height < 1 || width > image.Width - x || height > image.Height - y)
        {
            throw TarnException.InvalidInput(
                "A crop lies inside its image.", string.Create(CultureInfo.InvariantCulture, $"{width} × {height} at {x}, {y} of {image}"));
        }

        var result = PixelBuffer.Create(width, height, pool: null);
        for (var row = 0; row < height; row++)
        {
            image.Pixels.Span.Slice((((y + row) * image.Width) + x) * 3, width * 3).CopyTo(result.Span[(row * width * 3)..]);
        }

        return result.ToImage();
    }

    /// <summary>The largest rectangle in the middle of an image that has the proportions of the given sizes, resized to them.</summary>
    /// <param name="image">The source.</param>
    /// <param name="width">Pixels in a row of the result.</param>
    /// <param name="height">Rows of the result.</param>
    /// <param name="filter">How pixels are computed.</param>
    public static RgbImage CenterCrop(RgbImage image, int width, int height, ResizeFilter filter = ResizeFilter.BilinearAntialias)
    {
        ArgumentNullException.ThrowIfNull(image);
        _ = RgbImage.CheckSize(width, height);
        var isWide = (long)image.Width * height > (long)image.Height * width;
        var cropWidth = isWide ? (int)Math.Max(1, (long)image.Height * width / height) : image.Width;
        var cropHeight = isWide ? image.Height : (int)Math.Max(1, (long)image.Width * height / width);
        return Resize(Crop(image, (image.Width - cropWidth) / 2, (image.Height - cropHeight) / 2, cropWidth, cropHeight), width, height, filter);
    }

    internal static void Resize(ReadOnlySpan<byte> source, int sourceWidth, int sourceHeight, Span<byte> target, int width, int height, ResizeFilter filter)
    {
        if (sourceWidth == width && sourceHeight == height)
        {
            source.CopyTo(target);
        }
        else if (filter == ResizeFilter.Nearest)
        {
            Nearest(source, sourceWidth, sourceHeight, target, width, height);
        }
        else
        {
            var columns = ResizeWeights.Create(sourceWidth, width, filter);
            var rows = ResizeWeights.Create(sourceHeight, height, filter);
            ResizeKernel.Run(source, sourceWidth, target, width, columns, rows);
        }
    }

    private static void Nearest(ReadOnlySpan<byte> source, int sourceWidth, int sourceHeight, Span<byte> target, int width, int height)
    {
        for (int y = 0, at = 0; y < height; y++)
        {
            var row = source.Slice((int)(((2L * y) + 1) * sourceHeight / (2L * height)) * sourceWidth * 3, sourceWidth * 3);
            for (var x = 0; x < width; x++, at += 3)
            {
                row.Slice((int)(((2L * x) + 1) * sourceWidth / (2L * width)) * 3, 3).CopyTo(target[at..]);
            }
        }
    }
}
