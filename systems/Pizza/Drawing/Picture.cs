using Tarn.Native;

namespace Pizza.Drawing;

/// <summary>Draws a round thing on a table: layers on a disc that is seen from somewhere, in some light, by a camera that is none of the best.</summary>
internal static class Picture
{
    public static RgbImage Draw(IReadOnlyList<Layer> layers, Random random)
    {
        var (width, height) = (random.Next(112, 208), random.Next(112, 208));
        var view = new View(random, width, height);
        var pixels = new double[width * height * 3];
        var (ground, grain) = (Ground.Of(random), new Grain(random.Next()));
        var edge = 1.2 / view.Radius;
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var colour = ground(x / (double)width, y / (double)height);
                var (u, v) = view.ToDisc(x + 0.5, y + 0.5);
                if ((u * u) + (v * v) < 1.9)
                {
                    colour *= 1 - (0.45 * Math.Clamp((1.12 - Math.Sqrt(((u - 0.06) * (u - 0.06)) + ((v - 0.08) * (v - 0.08)))) * 6, 0, 1));
                    foreach (var layer in layers)
                    {
                        var inside = layer.Shape(u, v);
                        var coverage = Math.Clamp((inside / Math.Max(edge, layer.Softness)) + 0.5, 0, 1);
                        if (coverage <= 0)
                        {
                            continue;
                        }

                        var rough = grain.At((u + 9) * layer.Scale, (v + 9) * layer.Scale);
                        coverage *= layer.Patchy > -1 ? Math.Clamp((rough - layer.Patchy) * 5, 0, 1) : 1;
                        colour = colour.Towards(layer.Colour * (1 + (layer.Roughness * rough)), coverage);
                    }
                }

                var place = ((y * width) + x) * 3;
                (pixels[place], pixels[place + 1], pixels[place + 2]) = (colour.Red, colour.Green, colour.Blue);
            }
        }

        return Expose(Blur(pixels, width, height, random.Next(0, 3)), width, height, random);
    }

    /// <summary>Light from a side, a cast of colour, more or less of it, and noise.</summary>
    private static RgbImage Expose(double[] pixels, int width, int height, Random random)
    {
        var (light, contrast, noise) = (0.65 + (random.NextDouble() * 0.65), 0.75 + (random.NextDouble() * 0.5), random.NextDouble() * 0.06);
        double[] cast = [0.88 + (random.NextDouble() * 0.24), 0.92 + (random.NextDouble() * 0.16), 0.82 + (random.NextDouble() * 0.32)];
        var (from, slope) = (random.NextDouble() * Math.Tau, random.NextDouble() * 0.35);
        var (dx, dy) = (Math.Cos(from) * slope, Math.Sin(from) * slope);
        var bytes = new byte[pixels.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i / 3 % width / (double)width, i / 3 / width / (double)height);
            var shade = 1 + ((x - 0.5) * dx) + ((y - 0.5) * dy);
            var value = (((pixels[i] * light * shade * cast[i % 3]) - 0.5) * contrast) + 0.5 + (((random.NextDouble() + random.NextDouble()) - 1) * noise);
            bytes[i] = (byte)Math.Clamp(Math.Round(value * 255), 0, 255);
        }

        return new RgbImage(width, height, bytes);
    }

    private static double[] Blur(double[] pixels, int width, int height, int times)
    {
        for (var t = 0; t < times; t++)
        {
            var next = new double[pixels.Length];
            for (var y = 0; y < height; y++)
            {
                var (row, above, below) = (y * width, Math.Max(0, y - 1) * width, Math.Min(height - 1, y + 1) * width);
                for (var x = 0; x < width; x++)
                {
                    var (here, left, right, up, down) = ((row + x) * 3, (row + Math.Max(0, x - 1)) * 3, (row + Math.Min(width - 1, x + 1)) * 3, (above + x) * 3, (below + x) * 3);
                    for (var c = 0; c < 3; c++)
                    {
                        next[here + c] = (pixels[here + c] * 0.4) + ((pixels[left + c] + pixels[right + c] + pixels[up + c] + pixels[down + c]) * 0.15);
                    }
                }
            }

            pixels = next;
        }

        return pixels;
    }

    /// <summary>From where the disc is seen: its place, size, turn, and how slanted.</summary>
    private sealed class View
    {
        private readonly double _x;
        private readonly double _y;
        private readonly double _cos;
        private readonly double _sin;
        private readonly double _slant;

        public View(Random random, int width, int height)
        {
            var side = Math.Min(width, height);
            Radius = side * (0.28 + (random.NextDouble() * 0.3));
            (_x, _y) = (width * (0.35 + (random.NextDouble() * 0.3)), height * (0.35 + (random.NextDouble() * 0.3)));
            var turn = random.NextDouble() * Math.Tau;
            (_cos, _sin, _slant) = (Math.Cos(turn), Math.Sin(turn), 0.6 + (random.NextDouble() * 0.4));
        }

        public double Radius { get; }

        public (double U, double V) ToDisc(double x, double y)
        {
            var (dx, dy) = ((x - _x) / Radius, (y - _y) / Radius / _slant);
            return ((dx * _cos) + (dy * _sin), (dy * _cos) - (dx * _sin));
        }
    }
}
