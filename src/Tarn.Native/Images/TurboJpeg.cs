using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Tarn.Native;

/// <summary>JPEG by libjpeg-turbo. Its objects are kept and used again; each is used by one thread at a time.</summary>
internal static unsafe class TurboJpeg
{
    /// <summary>More scans than any sensible progressive JPEG has: each one costs a pass over the whole image.</summary>
    private const int MostScans = 100;

    private static readonly ConcurrentBag<TurboJpegHandle> Decompressors = [];
    private static readonly ConcurrentBag<TurboJpegHandle> Compressors = [];

    internal static PixelBuffer Decode(ReadOnlySpan<byte> data, in JpegHeader header, ImageDecodeOptions options, ArrayPool<byte>? pool)
    {
        if (header.Precision != 8)
        {
            throw ImageErrors.Unsupported(ImageFormat.Jpeg, $"{header.Precision} bits a channel");
        }

        var handle = Rent(Decompressors, TurboJpegApi.Decompressor);
        fixed (byte* bytes = data)
        {
            Check(handle, TurboJpegApi.Set(handle, TurboJpegApi.ScanLimit, MostScans), options);
            Check(handle, TurboJpegApi.ReadHeader(handle, bytes, (nuint)data.Length), options);
            var (width, height) = (TurboJpegApi.Get(handle, TurboJpegApi.Width), TurboJpegApi.Get(handle, TurboJpegApi.Height));
            if (width != header.Info.Width || height != header.Info.Height)
            {
                throw ImageErrors.Damaged(ImageFormat.Jpeg, $"it tells two sizes, {header.Info.Width} × {header.Info.Height} and {width} × {height}");
            }

            var denominator = Denominator(width, height, options.AtLeast);
            Check(handle, TurboJpegApi.SetScale(handle, new TurboJpegApi.Scale { Numerator = 1, Denominator = denominator }), options);
            (width, height) = ((width + denominator - 1) / denominator, (height + denominator - 1) / denominator);
            var pixels = PixelBuffer.Create(width, height, pool);
            try
            {
                if (TurboJpegApi.Get(handle, TurboJpegApi.ColourSpace) is TurboJpegApi.SpaceCmyk or TurboJpegApi.SpaceYcck)
                {
                    DecodeCmyk(handle, bytes, data.Length, pixels, header.HasAdobe, options);
                }
                else
                {
                    fixed (byte* target = pixels.Bytes)
                    {
                        Check(handle, TurboJpegApi.Decompress(handle, bytes, (nuint)data.Length, target, width * 3, TurboJpegApi.Rgb), options);
                    }
                }
            }
            catch
            {
                pixels.Dispose();
                throw;
            }

            // After an error the object is left to the garbage collector.
            Decompressors.Add(handle);
            return pixels;
        }
    }

    internal static byte[] Encode(RgbImage image, int quality, bool progressive = false)
    {
        fixed (byte* pixels = image.Pixels.Span)
        {
            return Encode(pixels, image.Width, image.Height, 3, TurboJpegApi.Rgb, static (handle, arguments) =>
            {
                _ = TurboJpegApi.Set(handle, TurboJpegApi.Quality, arguments.Quality);
                _ = TurboJpegApi.Set(handle, TurboJpegApi.Subsampling, arguments.Quality >= 90 ? TurboJpegApi.Samples444 : TurboJpegApi.Samples420);
                _ = TurboJpegApi.Set(handle, TurboJpegApi.Progressive, arguments.Progressive ? 1 : 0);
            }, (Quality: quality, Progressive: progressive));
        }
    }

    /// <summary>Four components, inverted, under Adobe's marker, as programs for print write them.</summary>
    internal static byte[] EncodeCmyk(ReadOnlySpan<byte> cmyk, int width, int height, bool ycck)
    {
        fixed (byte* pixels = cmyk)
        {
            return Encode(pixels, width, height, 4, TurboJpegApi.Cmyk, static (handle, space) =>
            {
                _ = TurboJpegApi.Set(handle, TurboJpegApi.Quality, 95);
                _ = TurboJpegApi.Set(handle, TurboJpegApi.Subsampling, TurboJpegApi.Samples444);
                _ = TurboJpegApi.Set(handle, TurboJpegApi.Progressive, 0);
                _ = TurboJpegApi.Set(handle, TurboJpegApi.ColourSpace, space);
            }, ycck ? TurboJpegApi.SpaceYcck : TurboJpegApi.SpaceCmyk, keep: false);
        }
    }

    /// <summary>The largest of 1, 2, 4, 8 by which both sides can be divided and stay as long as is wanted.</summary>
    internal static int Denominator(int width, int height, int? atLeast)
    {
        var denominator = 1;
        while (atLeast is { } wanted && denominator < 8 && (Math.Min(width, height) + (2 * denominator) - 1) / (2 * denominator) >= Math.Max(wanted, 1))
        {
            denominator *= 2;
        }

        return denominator;
    }

    private static byte[] Encode<T>(byte* pixels, int width, int height, int channels, int format, Action<TurboJpegHandle, T> configure, T arguments, bool keep = true)
    {
        var handle = Rent(Compressors, TurboJpegApi.Compressor);
        configure(handle, arguments);
        byte* data = null;
        nuint length = 0;
        try
        {
            if (TurboJpegApi.Compress(handle, pixels, width, width * channels, height, format, &data, &length) != 0)
            {
                throw ImageErrors.Unsupported(ImageFormat.Jpeg, $"{width} × {height}: {Message(handle)}");
            }

            return new ReadOnlySpan<byte>(data, checked((int)length)).ToArray();
        }
        finally
        {
            TurboJpegApi.Free(data);
            if (keep)
            {
                Compressors.Add(handle);
            }
            else
            {
                handle.Dispose();
            }
        }
    }

    private static void DecodeCmyk(TurboJpegHandle handle, byte* bytes, int length, in PixelBuffer pixels, bool inverted, ImageDecodeOptions options)
    {
        var size = checked(pixels.Width * pixels.Height * 4);
        var four = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            fixed (byte* target = four)
            {
                Check(handle, TurboJpegApi.Decompress(handle, bytes, (nuint)length, target, pixels.Width * 4, TurboJpegApi.Cmyk), options);
            }

            PixelConversion.CmykToRgb(four.AsSpan(0, size), pixels.Span, inverted);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(four);
        }
    }

    private static void Check(TurboJpegHandle handle, int result, ImageDecodeOptions options)
    {
        if (result == 0)
        {
            return;
        }

        // A warning says that something was passed over or made up. Stray bytes between segments harm nobody.
        var message = Message(handle);
        if (TurboJpegApi.ErrorCode(handle) == 0 && (options.AllowDamaged || message.Contains("extraneous bytes", StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        throw message.Contains("premature end", StringComparison.OrdinalIgnoreCase)
            ? ImageErrors.Truncated(ImageFormat.Jpeg, message)
            : ImageErrors.Damaged(ImageFormat.Jpeg, message);
    }

    private static string Message(TurboJpegHandle handle) => Marshal.PtrToStringUTF8(TurboJpegApi.ErrorText(handle)) ?? "no message";

    private static TurboJpegHandle Rent(ConcurrentBag<TurboJpegHandle> from, int kind) => from.TryTake(out var handle) ? handle : TurboJpegApi.Init(kind);
}
