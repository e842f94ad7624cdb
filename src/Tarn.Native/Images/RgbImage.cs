using System.Globalization;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>A decoded image: rows from the top, pixels from the left, a byte each of red, green and blue. Not to be changed once it is handed on.</summary>
public sealed class RgbImage
{
    /// <summary>An image over pixels that exist.</summary>
    /// <param name="width">Pixels in a row, 1 or more.</param>
    /// <param name="height">Rows, 1 or more.</param>
    /// <param name="pixels">width × height × 3 bytes; kept, not copied.</param>
    /// <exception cref="TarnException">A size is under 1, or does not fit the pixels.</exception>
    public RgbImage(int width, int height, Memory<byte> pixels)
    {
        CheckSize(width, height);
        if (pixels.Length != (long)width * height * 3)
        {
            throw TarnException.InvalidInput(
                "An image has three bytes for each pixel.", string.Create(CultureInfo.InvariantCulture, $"{pixels.Length} bytes for {width} × {height}"));
        }

        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>A black image.</summary>
    /// <param name="width">Pixels in a row, 1 or more.</param>
    /// <param name="height">Rows, 1 or more.</param>
    public RgbImage(int width, int height)
        : this(width, height, CheckSize(width, height) ? new byte[checked(width * height * 3)] : default) { }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The pixels: red, green, blue, row after row.</summary>
    public Memory<byte> Pixels { get; }

    /// <summary>The red, green and blue of a pixel.</summary>
    /// <param name="x">From the left, from 0.</param>
    /// <param name="y">From the top, from 0.</param>
    public (byte Red, byte Green, byte Blue) this[int x, int y]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)x, (uint)Width, nameof(x));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)y, (uint)Height, nameof(y));
            var pixel = Pixels.Span.Slice(((y * Width) + x) * 3, 3);
            return (pixel[0], pixel[1], pixel[2]);
        }
    }

    /// <summary>As <c>512 × 384</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Width} × {Height}");

    internal static bool CheckSize(int width, int height) => width >= 1 && height >= 1 && (long)width * height * 3 <= Array.MaxLength
        ? true
        : throw TarnException.InvalidInput(
            "An image's sides are 1 or more, and its pixels fit in memory.", string.Create(CultureInfo.InvariantCulture, $"{width} × {height}"));
}
