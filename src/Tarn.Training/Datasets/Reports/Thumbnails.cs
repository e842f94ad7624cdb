using Tarn.Core;

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
            return $"data:image/jpeg;base64,{Convert.ToBase64String(ImageThumbnail.Make(read(), Side, options.Limits))}";
        }
        catch (TarnException error) when (error.Kind is ErrorKind.NotFound or ErrorKind.Corrupt or ErrorKind.InvalidInput or ErrorKind.Unsupported)
        {
            // A page about faulty files does without the picture of a faulty file.
            return null;
        }
    }
}
