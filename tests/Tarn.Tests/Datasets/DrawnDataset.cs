using Tarn.Contracts;
using Tarn.Native;
using Tarn.Training;
using Xunit;

namespace Tarn.Tests;

/// <summary>
/// A folder of drawn pictures, taken into a dataset: 12 of pizza and 6 of others (one a larger copy of another, one a PNG that calls itself JPEG), and what is kept out (cut short, tiny, twice the same).
/// </summary>
internal sealed class DrawnDataset : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public DrawnDataset()
    {
        for (var i = 0; i < 12; i++)
        {
            Write($"pizza/{i}.jpg", ImageCodec.EncodeJpeg(Draw(i, 120, 90), 90));
        }

        for (var i = 0; i < 4; i++)
        {
            Write($"other/{i}.jpg", ImageCodec.EncodeJpeg(Draw(100 + i, 90, 120), 90));
        }

        Write("other/0 larger.jpg", ImageCodec.EncodeJpeg(Draw(100, 180, 240), 90));
        Write("other/called.jpg", ImageCodec.EncodePng(Draw(200, 64, 64)));
        var cut = ImageCodec.EncodeJpeg(Draw(300, 120, 90), 90);
        Write("pizza/cut.jpg", cut[..(cut.Length / 2)]);
        Write("pizza/tiny.png", ImageCodec.EncodePng(Draw(301, 20, 20)));
        Write("pizza/zero again.jpg", File.ReadAllBytes(Path.Combine(Folder, "pizza/0.jpg")));
    }

    public string Folder => _folder.Combine("images");

    /// <summary>Takes the folder in, and judges by the test images twice.</summary>
    public async Task<ImageDataset> ImportAsync(Lake.Lake lake, string name = "silver.photos", bool keep = false)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var dataset = new ImageDataset(lake, name, TimeProvider.System, new ImageDatasetOptions { KeepContent = keep });
        await dataset.ImportAsync(ImageSource.Folder(Folder), null, cancellation);
        var snapshot = await dataset.SnapshotAsync(null, cancellation);
        await dataset.UseTestAsync(snapshot, "run-1", "evaluation", cancellation);
        await dataset.UseTestAsync(snapshot, "run-2", "gate", cancellation);
        return dataset;
    }

    public void Dispose() => _folder.Dispose();

    private void Write(string path, byte[] content)
    {
        var full = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, content);
    }

    // Soft spots of colour, different by seed: pictures that nobody takes for each other.
    private static RgbImage Draw(int seed, int width, int height)
    {
        var random = new Random(seed);
        var spots = Enumerable.Range(0, 14).Select(_ => (X: random.NextDouble(), Y: random.NextDouble(), R: 0.05 + (0.25 * random.NextDouble()), C: new[] { random.Next(256), random.Next(256), random.Next(256) })).ToArray();
        var image = new RgbImage(width, height);
        var pixels = image.Pixels.Span;
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y, c) = (((i / 3 % width) + 0.5) / width, ((i / 3 / width) + 0.5) / height, i % 3);
            var (sum, weight) = (32.0, 0.5);
            foreach (var spot in spots)
            {
                var near = Math.Exp(-2 * (Math.Pow((x - spot.X) / spot.R, 2) + Math.Pow((y - spot.Y) / spot.R, 2)));
                (sum, weight) = (sum + (spot.C[c] * near), weight + near);
            }

            pixels[i] = (byte)Math.Clamp(sum / weight, 0, 255);
        }

        return image;
    }
}
