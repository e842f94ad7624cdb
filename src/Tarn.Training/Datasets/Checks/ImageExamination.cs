using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>Examines one file: whether it is an image that can be used, its hash, and what it looks like.</summary>
internal static class ImageExamination
{
    /// <exception cref="TarnException">Nothing can be examined: a library is missing.</exception>
    public static ExaminedImage Run(SourceImage source, ImageDatasetOptions options)
    {
        var bare = source with { Content = null };
        byte[] data;
        try
        {
            data = source.Read(options.Limits);
        }
        catch (TarnException error) when (error.Kind is ErrorKind.NotFound or ErrorKind.InvalidInput or ErrorKind.Unavailable)
        {
            return Refuse(new ExaminedImage(bare, null, 0), error.Kind == ErrorKind.InvalidInput ? ImageCheck.OverLimit : ImageCheck.Unreadable, error);
        }

        var image = new ExaminedImage(bare, Convert.ToHexStringLower(SHA256.HashData(data)), data.Length);
        if (data.Length == 0)
        {
            return Refuse(image, ImageCheck.Empty, "A file has bytes; this one has none.", "Get it again.");
        }

        var step = ImageCheck.Unreadable;
        try
        {
            // The limits are judged apart from the rest, so that what breaks them is told as that.
            var info = ImageCodec.Identify(data, new ImageLimits { MaxBytes = long.MaxValue, MaxPixels = long.MaxValue });
            image = image with { Info = info };
            step = ImageCheck.OverLimit;
            _ = ImageCodec.Identify(data, options.Limits);
            step = ImageCheck.Unreadable;
            if (Refusal(image, data, options) is { } refusal)
            {
                return image with { Refusal = refusal };
            }

            var decode = new ImageDecodeOptions { Limits = options.Limits };
            return image with { Hash = PerceptualHash.Of(ImageCodec.DecodeResized(data, 64, 64, ResizeFilter.BilinearAntialias, decode)) };
        }
        catch (TarnException error) when (error.Kind != ErrorKind.Unavailable)
        {
            return Refuse(image, step == ImageCheck.Unreadable && IsCutShort(data, image.Info?.Format, error) ? ImageCheck.Truncated : step, error);
        }
    }

    /// <summary>A file's extension against its content, in words; null where they agree.</summary>
    public static string? WrongExtension(string path, string format) =>
        ImageCodec.FormatOfName(path) is { } promised && !string.Equals(promised.ToString(), format, StringComparison.OrdinalIgnoreCase)
            ? $"An extension says what a file is; this one says {promised.ToString().ToLowerInvariant()}, and the content is {format}."
            : null;

    private static ImageFinding? Refusal(ExaminedImage image, ReadOnlySpan<byte> data, ImageDatasetOptions options)
    {
        var info = image.Info!;
        if (Math.Min(info.Width, info.Height) < options.MinimumSide)
        {
            return Finding(image, ImageCheck.Tiny, Text($"Both sides of an image have {options.MinimumSide} pixels at least; this one is {info.SeenWidth} × {info.SeenHeight}."), "Get a larger copy, or lower MinimumSide.");
        }

        if (MetadataSize.Of(data, info.Format) is var notes && notes > options.MaxMetadataBytes)
        {
            return Finding(image, ImageCheck.OversizedMetadata, Text($"A file has at most {options.MaxMetadataBytes} bytes of EXIF, profiles and notes; this one has {notes}."), "Save it anew without them.");
        }

        if (options.RefuseAnimated && info.IsAnimated)
        {
            return Finding(image, ImageCheck.Animated, Text($"An image is one picture; this file holds {info.Frames}."), "Save the picture that counts.");
        }

        return options.RefuseWrongExtension && WrongExtension(image.Source.Path, info.Format.ToString().ToLowerInvariant()) is { } wrong
            ? Finding(image, ImageCheck.WrongExtension, wrong, "Rename it.")
            : null;
    }

    /// <summary>Whether a file that cannot be read lacks its end: the decoder says so, or the format's last bytes are not there.</summary>
    private static bool IsCutShort(ReadOnlySpan<byte> data, ImageFormat? format, TarnException error) =>
        error.Rule.EndsWith("must be whole.", StringComparison.Ordinal) || format switch
        {
            ImageFormat.Png => data.LastIndexOf("IEND"u8) < 0,
            ImageFormat.WebP => BinaryPrimitives.ReadUInt32LittleEndian(data[4..]) + 8L > data.Length,
            ImageFormat.Gif => data[^1] != 0x3B,
            _ => false,
        };

    private static ExaminedImage Refuse(ExaminedImage image, ImageCheck check, TarnException error) =>
        Refuse(image, check, error.Value is null ? error.Rule : $"{error.Rule.TrimEnd('.')}: {error.Value.TrimEnd('.')}.", error.Remedy);

    private static ExaminedImage Refuse(ExaminedImage image, ImageCheck check, string reason, string? remedy) => image with { Refusal = Finding(image, check, reason, remedy) };

    internal static ImageFinding Finding(ExaminedImage image, ImageCheck check, string reason, string? remedy) => new(check, image.Source.Path, reason)
    {
        Label = image.Source.Label,
        Sha256 = image.Sha256,
        Remedy = remedy,
        IsQuarantined = true,
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
