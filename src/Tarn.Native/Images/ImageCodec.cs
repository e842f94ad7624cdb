using System.Buffers;
using System.Globalization;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>
/// Images from and to their bytes. What an image is, is told by its content, never by a file's name. Every limit is checked against the file's length and header before
/// anything is decoded. All of it may be called from any number of threads.
/// </summary>
public static class ImageCodec
{
    /// <summary>What the header says. Nothing is decoded, and no library is needed.</summary>
    /// <param name="data">The file's bytes.</param>
    /// <param name="limits">What the image may cost; null for the defaults.</param>
    /// <exception cref="TarnException">It is empty, no image of a format that is read, cut short before its size, or over a limit.</exception>
    public static ImageInfo Identify(ReadOnlySpan<byte> data, ImageLimits? limits = null)
    {
        limits ??= ImageLimits.Default;
        limits.CheckBytes(data.Length);
        var info = ImageHeader.Read(data);
        limits.CheckPixels(info);
        return info;
    }

    /// <summary>Decodes an image to red, green and blue: turned as EXIF says, CMYK converted, what is transparent over white, of an animation the first picture, 16 bits a channel narrowed to 8.</summary>
    /// <param name="data">The file's bytes.</param>
    /// <param name="options">Limits, a least size, and what to do with damage; null for the defaults.</param>
    /// <exception cref="TarnException">As of <see cref="Identify"/>; or the data is cut short or damaged, or of a kind that is not read; or a library is missing.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> data, ImageDecodeOptions? options = null)
    {
        options ??= ImageDecodeOptions.Default;
        return DecodePixels(data, options, pool: null).ToImage();
    }

    /// <summary>As <see cref="Decode(ReadOnlySpan{byte}, ImageDecodeOptions?)"/>, the pixels in an array of a pool: whoever decodes one picture after another makes no garbage by it.</summary>
    /// <param name="data">The file's bytes.</param>
    /// <param name="pool">Where the array of <see cref="RgbImage.Pixels"/> comes from, and where the caller returns it once the image is not used any more; after an error it has gone back.</param>
    /// <param name="options">Limits, a least size, and what to do with damage; null for the defaults.</param>
    /// <exception cref="TarnException">As of <see cref="Decode(ReadOnlySpan{byte}, ImageDecodeOptions?)"/>.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> data, ArrayPool<byte> pool, ImageDecodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(pool);
        return DecodePixels(data, options ?? ImageDecodeOptions.Default, pool).ToImage();
    }

    /// <summary>
    /// Decodes an image and resizes it, the pixels between the two in memory that is used again: quicker than one after the other, with the same result but for JPEGs of more
    /// than twice the size, which are decoded at a half, a quarter or an eighth that is still at least as large as the result.
    /// </summary>
    /// <param name="data">The file's bytes.</param>
    /// <param name="width">Pixels in a row of the result.</param>
    /// <param name="height">Rows of the result.</param>
    /// <param name="filter">How pixels are computed.</param>
    /// <param name="options">As of <see cref="Decode(ReadOnlySpan{byte}, ImageDecodeOptions?)"/>; a least size is not needed.</param>
    /// <exception cref="TarnException">As of <see cref="Decode(ReadOnlySpan{byte}, ImageDecodeOptions?)"/>.</exception>
    public static RgbImage DecodeResized(ReadOnlySpan<byte> data, int width, int height, ResizeFilter filter = ResizeFilter.BilinearAntialias, ImageDecodeOptions? options = null)
    {
        _ = RgbImage.CheckSize(width, height);
        options ??= ImageDecodeOptions.Default;
        if (options.AtLeast is null && filter != ResizeFilter.Nearest)
        {
            options = options with { AtLeast = Math.Max(width, height) };
        }

        using var pixels = DecodePixels(data, options, ArrayPool<byte>.Shared);
        var result = PixelBuffer.Create(width, height, pool: null);
        ImageResize.Resize(pixels.Span, pixels.Width, pixels.Height, result.Span, width, height, filter);
        return result.ToImage();
    }

    /// <summary>Reads a file, its length checked against the limits before.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What the image may cost; null for the defaults.</param>
    /// <exception cref="TarnException">There is no such file, or it is over the limit of bytes.</exception>
    public static byte[] ReadFile(string path, ImageLimits? limits = null)
    {
        try
        {
            using var file = File.OpenRead(path);
            (limits ?? ImageLimits.Default).CheckBytes(file.Length);
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw TarnException.NotFound("An image's file must exist.", path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TarnException(ErrorKind.Unavailable, "An image's file must be readable.", $"{path}: {error.Message}", inner: error);
        }
    }

    /// <summary>The format that a file's name promises by its extension, or null where it promises none; compare it with what <see cref="Identify"/> finds.</summary>
    /// <param name="path">A file's name or path.</param>
    public static ImageFormat? FormatOfName(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".JPG" or ".JPEG" or ".JPE" or ".JFIF" => ImageFormat.Jpeg,
        ".PNG" or ".APNG" => ImageFormat.Png,
        ".WEBP" => ImageFormat.WebP,
        ".GIF" => ImageFormat.Gif,
        _ => null,
    };

    /// <summary>Encodes an image as a JPEG.</summary>
    /// <param name="image">The image; each side at most 65,535 pixels.</param>
    /// <param name="quality">1 (smallest) to 100 (best); default 85. From 90 on colours keep their full resolution.</param>
    /// <exception cref="TarnException">A value is out of range, or a library is missing.</exception>
    public static byte[] EncodeJpeg(RgbImage image, int quality = 85)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (quality is < 1 or > 100)
        {
            throw TarnException.InvalidInput("A JPEG's quality is 1 to 100.", quality.ToString(CultureInfo.InvariantCulture));
        }

        return TurboJpegLibrary.IsUsable
            ? TurboJpeg.Encode(image, quality)
            : Vips.Encode(image, ImageFormat.Jpeg, ("Q", quality.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>Encodes an image as a PNG, without loss.</summary>
    /// <param name="image">The image.</param>
    /// <exception cref="TarnException">A library is missing.</exception>
    public static byte[] EncodePng(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Vips.Encode(image, ImageFormat.Png);
    }

    private static PixelBuffer DecodePixels(ReadOnlySpan<byte> data, ImageDecodeOptions options, ArrayPool<byte>? pool)
    {
        var info = Identify(data, options.Limits);
        var pixels = info.Format == ImageFormat.Jpeg && TurboJpegLibrary.IsUsable
            ? TurboJpeg.Decode(data, JpegHeader.Read(data), options, pool)
            : Vips.Decode(data, info, options, pool);
        return options.ApplyOrientation ? ImageOrientation.Apply(pixels, info.Orientation) : pixels;
    }
}
