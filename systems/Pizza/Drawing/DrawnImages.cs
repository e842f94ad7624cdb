using System.Globalization;
using Tarn.Native;

namespace Pizza.Drawing;

/// <summary>
/// Pictures that are drawn where nobody gave any: pizzas, and round things that are none, in a folder for each class. They are made to be told apart with some pains, and stand for nothing
/// but themselves. The same seed draws the same pictures.
/// </summary>
internal sealed class DrawnImages(int seed, int perClass)
{
    /// <summary>The class of pizzas.</summary>
    public const string Pizza = "pizza";

    /// <summary>The class of everything else.</summary>
    public const string Other = "not_pizza";

    /// <summary>What they are, in words: wherever the dataset is named, this is.</summary>
    public string Description => string.Create(CultureInfo.InvariantCulture, $"synthetic: {perClass} pizzas and {perClass} other round things, drawn by a program with the seed {seed}; no photographs");

    /// <summary>The folder's name: other settings draw into another one.</summary>
    public string FolderName => string.Create(CultureInfo.InvariantCulture, $"drawn-{seed}");

    /// <summary>Draws what is missing in a folder. A file is there whole or not at all.</summary>
    /// <returns>How many were drawn now.</returns>
    public async Task<int> DrawAsync(string folder, CancellationToken cancellation)
    {
        var wanted = (from label in new[] { Pizza, Other } from number in Enumerable.Range(0, perClass) select (label, number, path: PathOf(folder, label, number)))
            .Where(static w => !File.Exists(w.path)).ToList();
        foreach (var label in new[] { Pizza, Other })
        {
            Directory.CreateDirectory(Path.Combine(folder, label));
        }

        await Parallel.ForEachAsync(wanted, cancellation, async (w, stop) =>
        {
            var beside = w.path + ".new";
            await File.WriteAllBytesAsync(beside, Draw(w.label, w.number), stop).ConfigureAwait(false);
            File.Move(beside, w.path, overwrite: true);
        }).ConfigureAwait(false);
        return wanted.Count;
    }

    /// <summary>One picture, a JPEG.</summary>
    public byte[] Draw(string label, int number)
    {
        var random = new Random(unchecked((seed * 1_000_003) + (number * 2) + (label == Pizza ? 1 : 0)));
        var layers = label == Pizza ? Pizzas.Draw(random) : RoundThings.Draw(random);
        return ImageCodec.EncodeJpeg(Picture.Draw(layers, random), random.Next(70, 92));
    }

    private static string PathOf(string folder, string label, int number) => Path.Combine(folder, label, string.Create(CultureInfo.InvariantCulture, $"{label}-{number:0000}.jpg"));
}
