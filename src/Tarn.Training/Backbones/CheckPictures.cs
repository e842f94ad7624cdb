using Tarn.Native;

namespace Tarn.Training;

/// <summary>Pictures to run a backbone on where none are given: stripes, discs and slopes of several colours. They are the same every time.</summary>
internal static class CheckPictures
{
    private const int Side = 256;

    public static IReadOnlyList<RgbImage> Draw() =>
    [
        Make(static (x, y) => (x, y, 128)),
        Make(static (x, y) => ((x / 16) + (y / 16)) % 2 == 0 ? (230, 60, 40) : (30, 40, 60)),
        Make(static (x, y) => ((x - 128) * (x - 128)) + ((y - 128) * (y - 128)) < 80 * 80 ? (240, 200, 80) : (70, 110, 60)),
        Make(static (x, y) => (x * 7 % 256, 255 - y, x * y % 256)),
    ];

    private static RgbImage Make(Func<int, int, (int Red, int Green, int Blue)> colour)
    {
        var pixels = new byte[Side * Side * 3];
        for (var i = 0; i < Side * Side; i++)
        {
            var (red, green, blue) = colour(i % Side, i / Side);
            (pixels[i * 3], pixels[(i * 3) + 1], pixels[(i * 3) + 2]) = ((byte)red, (byte)green, (byte)blue);
        }

        return new RgbImage(Side, Side, pixels);
    }
}
