using System.Runtime.InteropServices;

namespace Tarn.Native;

/// <summary>Pixels of other kinds to red, green and blue.</summary>
internal static class PixelConversion
{
    /// <summary>Ink to light: red = (255 − cyan)(255 − black) / 255. Where the ink is stored inverted, 255 is none.</summary>
    internal static void CmykToRgb(ReadOnlySpan<byte> cmyk, Span<byte> rgb, bool inverted)
    {
        var flip = inverted ? 0 : 255;
        for (int from = 0, to = 0; from < cmyk.Length; from += 4, to += 3)
        {
            var black = cmyk[from + 3] ^ flip;
            rgb[to] = Scale(cmyk[from] ^ flip, black);
            rgb[to + 1] = Scale(cmyk[from + 1] ^ flip, black);
            rgb[to + 2] = Scale(cmyk[from + 2] ^ flip, black);
        }
    }

    /// <summary>Grey (1), grey and alpha (2), colour (3), colour and alpha (4), to colour over white.</summary>
    internal static void ToRgb(ReadOnlySpan<byte> pixels, int channels, Span<byte> rgb)
    {
        switch (channels)
        {
            case 1:
                for (var i = 0; i < pixels.Length; i++)
                {
                    rgb[3 * i] = rgb[(3 * i) + 1] = rgb[(3 * i) + 2] = pixels[i];
                }

                break;
            case 2:
                for (int from = 0, to = 0; from < pixels.Length; from += 2, to += 3)
                {
                    rgb[to] = rgb[to + 1] = rgb[to + 2] = OverWhite(pixels[from], pixels[from + 1]);
                }

                break;
            case 3:
                pixels.CopyTo(rgb);
                break;
            default:
                for (int from = 0, to = 0; from < pixels.Length; from += 4, to += 3)
                {
                    var alpha = pixels[from + 3];
                    rgb[to] = OverWhite(pixels[from], alpha);
                    rgb[to + 1] = OverWhite(pixels[from + 1], alpha);
                    rgb[to + 2] = OverWhite(pixels[from + 2], alpha);
                }

                break;
        }
    }

    /// <summary>16 bits to 8, to the nearest: 65535 → 255.</summary>
    internal static byte[] Narrow(ReadOnlySpan<byte> wide)
    {
        var values = MemoryMarshal.Cast<byte, ushort>(wide);
        var narrow = new byte[values.Length];
        for (var i = 0; i < narrow.Length; i++)
        {
            narrow[i] = (byte)(((values[i] * 255) + 32767) / 65535);
        }

        return narrow;
    }

    private static byte Scale(int value, int by) => (byte)(((value * by) + 127) / 255);

    private static byte OverWhite(int value, int alpha) => (byte)(((value * alpha) + (255 * (255 - alpha)) + 127) / 255);
}
