using System.Globalization;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>What an image may cost. Both are checked against the file's length and header before anything is allocated or decoded.</summary>
public sealed record ImageLimits
{
    /// <summary>The default limits.</summary>
    public static readonly ImageLimits Default = new();

    /// <summary>The largest file, in bytes. Default 32 MiB.</summary>
    public long MaxBytes { get; init; } = 32L << 20;

    /// <summary>The most pixels of one picture, width × height. Default 50,000,000: decoded they take 150 MB.</summary>
    public long MaxPixels { get; init; } = 50_000_000;

    internal void CheckBytes(long bytes)
    {
        if (bytes > MaxBytes)
        {
            throw TarnException.InvalidInput(
                Text($"An image's file has at most {MaxBytes} bytes."), Text($"{bytes} bytes"), "Make the image smaller, or raise the limit (ImageLimits.MaxBytes).");
        }
    }

    internal void CheckPixels(ImageInfo info)
    {
        if ((long)info.Width * info.Height > MaxPixels)
        {
            throw TarnException.InvalidInput(
                Text($"An image has at most {MaxPixels} pixels."),
                Text($"a {info.Format} of {info.Width} × {info.Height} = {(long)info.Width * info.Height} pixels"),
                "Make the image smaller, or raise the limit (ImageLimits.MaxPixels).");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
