using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>Small pictures as text that a page can hold.</summary>
internal static class Thumbnails
{
    public const int Side = 112;

    /// <summary>A JPEG of at most <see cref="Side"/> pixels a side as a <c>data:</c> URI; null where the file cannot be shown.</summary>
    public static string? Of(Func<byte[]> read, ImageDatasetOptions options)
    {
        try
        {
            return Of(read(), options);
        }
        catch (TarnException error) when (error.Kind is ErrorKind.NotFound or ErrorKind.Corrupt or ErrorKind.InvalidInput or ErrorKind.Unsupported)
        {
            // A page about faulty files does without the picture of a faulty file.
            return null;
        }
    }

    private static string Of(byte[] data, ImageDatasetOptions options)
    {
        var info = ImageCodec.Identify(data, options.Limits);
        var scale = Math.Min(1.0, (double)Side / Math.Max(info.SeenWidth, info.SeenHeight));
        var (width, height) = (Math.Max(1, (int)Math.Round(info.SeenWidth * scale)), Math.Max(1, (int)Math.Round(info.SeenHeight * scale)));
        var small = ImageCodec.DecodeResized(data, width, height, ResizeFilter.BilinearAntialias, new ImageDecodeOptions { Limits = options.Limits });
        return $"data:image/jpeg;base64,{Convert.ToBase64String(ImageCodec.EncodeJpeg(small, 75))}";
    }
}
