using Pizza.Drawing;
using Tarn.Contracts;

namespace Pizza.Tests;

/// <summary>A folder of drawn pictures that a test gives out as anybody's.</summary>
internal static class DrawnFolder
{
    /// <summary>Draws pictures with the numbers from … to before to, of both classes.</summary>
    public static void Draw(string folder, int seed, int from, int to)
    {
        var drawing = new DrawnImages(seed, to);
        foreach (var label in new[] { DrawnImages.Pizza, DrawnImages.Other })
        {
            Directory.CreateDirectory(Path.Combine(folder, label));
            Parallel.For(from, to, i => File.WriteAllBytes(Path.Combine(folder, label, $"{label}-{i:000}.jpg"), drawing.Draw(label, i)));
        }
    }
}
