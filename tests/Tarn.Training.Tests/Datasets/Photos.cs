using Tarn.Native;

namespace Tarn.Training.Tests;

/// <summary>Pictures that look different by seed, as photos do: coloured spots of all sizes.</summary>
internal static class Photos
{
    public static RgbImage Draw(int seed, int width = 96, int height = 72)
    {
        var random = new Random(seed);
        var spots = Enumerable.Range(0, 14)
            .Select(_ => (X: random.NextDouble(), Y: random.NextDouble(), R: 0.05 + (0.25 * random.NextDouble()), C: new[] { random.Next(256), random.Next(256), random.Next(256) }))
            .ToArray();
        var image = new RgbImage(width, height);
        var pixels = image.Pixels.Span;
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    var (sum, weight) = (64.0, 0.5);
                    foreach (var spot in spots)
                    {
                        var (dx, dy) = ((((x + 0.5) / width) - spot.X) / spot.R, (((y + 0.5) / height) - spot.Y) / spot.R);
                        var near = Math.Exp(-((dx * dx) + (dy * dy)) * 2);
                        (sum, weight) = (sum + (spot.C[c] * near), weight + near);
                    }

                    pixels[(((y * width) + x) * 3) + c] = (byte)Math.Clamp(sum / weight, 0, 255);
                }
            }
        }

        return image;
    }

    public static byte[] Jpeg(int seed, int width = 96, int height = 72, int quality = 90) => ImageCodec.EncodeJpeg(Draw(seed, width, height), quality);

    /// <summary>Writes a file, and its folders.</summary>
    public static void Write(string root, string path, byte[] content)
    {
        var full = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, content);
    }
}
