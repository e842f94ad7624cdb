namespace Tarn.Training.Tests;

/// <summary>Pictures to test with: smooth, with edges and noise, different by seed.</summary>
internal static class Pictures
{
    public static byte[] Draw(int seed, int width, int height)
    {
        var random = new Random(seed);
        var (cx, cy, r) = (random.NextDouble() * width, random.NextDouble() * height, (0.2 + (random.NextDouble() * 0.3)) * Math.Min(width, height));
        var inside = new[] { random.Next(256), random.Next(256), random.Next(256) };
        var outside = new[] { random.Next(256), random.Next(256), random.Next(256) };
        var wave = 0.05 + random.NextDouble();
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var colour = ((x - cx) * (x - cx)) + ((y - cy) * (y - cy)) < r * r ? inside : outside;
                var shade = 20 * Math.Sin(wave * x) * Math.Cos(wave * y);
                for (var c = 0; c < 3; c++)
                {
                    pixels[(((y * width) + x) * 3) + c] = (byte)Math.Clamp(colour[c] + shade + random.Next(-8, 9), 0, 255);
                }
            }
        }

        return pixels;
    }
}
