using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>Images by libvips: its loaders and savers, each an operation on bytes in memory. Profiles of colour are not applied, as with JPEG.</summary>
internal static unsafe class Vips
{
    internal static PixelBuffer Decode(ReadOnlySpan<byte> data, ImageInfo info, ImageDecodeOptions options, ArrayPool<byte>? pool)
    {
        VipsLibrary.Require();
        fixed (byte* bytes = data)
        {
            var operation = VipsApi.NewOperation(info.Format switch
            {
                ImageFormat.Png => "pngload_buffer",
                ImageFormat.WebP => "webpload_buffer",
                ImageFormat.Gif => "gifload_buffer",
                _ => "jpegload_buffer",
            });
            var blob = VipsApi.NewBlob(0, bytes, (nuint)data.Length);
            Set(operation, "buffer", VipsApi.BlobType(), blob, isBoxed: true);
            VipsApi.ReleaseBlob(blob);
            _ = VipsApi.SetArgument(operation, "access", "sequential");
            _ = VipsApi.SetArgument(operation, "fail-on", options.AllowDamaged && info.Format == ImageFormat.Jpeg ? "none" : "error");
            if (info.Format == ImageFormat.Jpeg && TurboJpeg.Denominator(info.Width, info.Height, options.AtLeast) is > 1 and var shrink)
            {
                _ = VipsApi.SetArgument(operation, "shrink", shrink.ToString(CultureInfo.InvariantCulture));
            }

            var image = Run(operation, info.Format);
            try
            {
                return Read(image, info.Format, pool, options);
            }
            finally
            {
                VipsApi.Release(image);
            }
        }
    }

    /// <summary>Encodes by the saver of this name, with its options as texts.</summary>
    internal static byte[] Encode(RgbImage source, ImageFormat format, params ReadOnlySpan<(string Name, string Value)> settings) =>
        Encode(source.Pixels.Span, source.Width, source.Height, 3, format, settings);

    internal static byte[] Encode(ReadOnlySpan<byte> pixels, int width, int height, int channels, ImageFormat format, params ReadOnlySpan<(string Name, string Value)> settings)
    {
        VipsLibrary.Require();
        fixed (byte* data = pixels)
        {
            var image = VipsApi.NewImage(data, (nuint)pixels.Length, width, height, channels, VipsApi.UChar);
            if (image == 0)
            {
                throw ImageErrors.Unsupported(format, $"{width} × {height}: {TakeError()}");
            }

            var operation = VipsApi.NewOperation(format switch
            {
                ImageFormat.Png => "pngsave_buffer",
                ImageFormat.WebP => "webpsave_buffer",
                ImageFormat.Gif => "gifsave_buffer",
                _ => "jpegsave_buffer",
            });
            Set(operation, "in", VipsApi.ImageType(), image, isBoxed: false);
            VipsApi.Release(image);
            foreach (var (name, value) in settings)
            {
                _ = VipsApi.SetArgument(operation, name, value);
            }

            if (VipsApi.Build(ref operation) != 0)
            {
                throw Failed(operation, format);
            }

            var result = default(VipsApi.Value);
            _ = VipsApi.InitValue(ref result, VipsApi.BlobType());
            VipsApi.GetProperty(operation, "buffer", ref result);
            var bytes = VipsApi.BlobData(VipsApi.GetBoxed(ref result), out var length);
            var copy = new ReadOnlySpan<byte>(bytes, checked((int)length)).ToArray();
            VipsApi.UnsetValue(ref result);
            VipsApi.ReleaseOutputs(operation);
            VipsApi.Release(operation);
            return copy;
        }
    }

    /// <summary>What libvips reports, taken away. It keeps one text for the process, so that with several threads another image's may stand in it too.</summary>
    internal static string TakeError()
    {
        var text = VipsApi.TakeError();
        var message = Marshal.PtrToStringUTF8(text) ?? "";
        VipsApi.Free(text);
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length == 0 ? "no message" : string.Join("; ", lines.Distinct(StringComparer.Ordinal).Take(3));
    }

    /// <summary>Runs an operation that gives an image, which is to be released.</summary>
    private static nint Run(nint operation, ImageFormat format)
    {
        if (VipsApi.Build(ref operation) != 0)
        {
            throw Failed(operation, format);
        }

        var result = default(VipsApi.Value);
        _ = VipsApi.InitValue(ref result, VipsApi.ImageType());
        VipsApi.GetProperty(operation, "out", ref result);

        // The value's own reference becomes the caller's; those of the operation go with it.
        var image = VipsApi.GetObject(ref result);
        VipsApi.ReleaseOutputs(operation);
        VipsApi.Release(operation);
        return image;
    }

    private static PixelBuffer Read(nint image, ImageFormat format, ArrayPool<byte>? pool, ImageDecodeOptions options)
    {
        var (width, height, bands, kind) = (VipsApi.Width(image), VipsApi.Height(image), VipsApi.Bands(image), VipsApi.Format(image));
        if (bands is < 1 or > 4 || kind is not (VipsApi.UChar or VipsApi.UShort))
        {
            throw ImageErrors.Unsupported(format, $"{bands} channels of kind {kind}");
        }

        options.Limits.CheckPixels(new ImageInfo(format, width, height, 1, 1));
        var memory = VipsApi.Pixels(image, out var length);
        if (memory is null)
        {
            throw Error(format, TakeError());
        }

        try
        {
            var target = PixelBuffer.Create(width, height, pool);
            var pixels = new ReadOnlySpan<byte>(memory, checked((int)length));
            pixels = kind == VipsApi.UShort ? PixelConversion.Narrow(pixels) : pixels;
            if (VipsApi.Interpretation(image) == VipsApi.Cmyk && bands == 4)
            {
                PixelConversion.CmykToRgb(pixels, target.Span, inverted: false);
            }
            else
            {
                PixelConversion.ToRgb(pixels, bands, target.Span);
            }

            return target;
        }
        finally
        {
            VipsApi.Free((nint)memory);
        }
    }

    private static TarnException Failed(nint operation, ImageFormat format)
    {
        var message = TakeError();
        VipsApi.ReleaseOutputs(operation);
        VipsApi.Release(operation);
        return Error(format, message);
    }

    private static TarnException Error(ImageFormat format, string message) =>
        message.Contains("truncated", StringComparison.OrdinalIgnoreCase) || message.Contains("premature", StringComparison.OrdinalIgnoreCase)
            || message.Contains("end of", StringComparison.OrdinalIgnoreCase)
            ? ImageErrors.Truncated(format, message)
            : ImageErrors.Damaged(format, message);

    private static void Set(nint operation, string name, nuint type, nint content, bool isBoxed)
    {
        var value = default(VipsApi.Value);
        _ = VipsApi.InitValue(ref value, type);
        if (isBoxed)
        {
            VipsApi.SetBoxed(ref value, content);
        }
        else
        {
            VipsApi.SetObject(ref value, content);
        }

        VipsApi.SetProperty(operation, name, ref value);
        VipsApi.UnsetValue(ref value);
    }
}
