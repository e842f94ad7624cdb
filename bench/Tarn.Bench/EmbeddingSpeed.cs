using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Native;
using Tarn.Training;

namespace Tarn.Bench;

/// <summary>
/// Embedding a dataset, from its files to committed rows, against the raw loop over the same files: a batch of the same size is decoded on all cores, then the same two graphs run on
/// it, ONNX Runtime using all cores. The second line, without a goal, has the raw loop start from pictures that lie decoded in memory, so that its ratio tells the part of decoding, too. Real photos and
/// a real network where they are at hand, else drawn ones and the classical features. Of each the fastest of some turns, in turn.
/// </summary>
internal static class EmbeddingSpeed
{
    private const int Images = 384;
    private const int Batch = 16;
    private const int Turns = 5;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var photos = Path.Combine(folder, "photos");
        Photos(photos);
        var lake = new Tarn.Lake.Lake(new LocalObjectStore(Path.Combine(folder, "lake")), new LakeOptions(), TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
        await using (lake.ConfigureAwait(false))
        {
            var dataset = new ImageDataset(lake, "silver.photos", TimeProvider.System);
            var clock = Stopwatch.StartNew();
            await dataset.ImportAsync(ImageSource.Folder(photos)).ConfigureAwait(false);
            var import = new Measurement("images examined and imported", Images / clock.Elapsed.TotalSeconds, "images/s", null, null, "> 50 images/s", Images / clock.Elapsed.TotalSeconds > 50);
            var snapshot = await dataset.SnapshotAsync().ConfigureAwait(false);
            var backbone = Backbone(Path.Combine(folder, "backbones"));
            using var embedder = new BackboneEmbedder(backbone);
            using var runner = new BackboneRunner(backbone);
            var files = snapshot.Images.Select(i => File.ReadAllBytes(Path.Combine(photos, i.Path))).ToList();
            var decoded = files.ConvertAll(static f => ImageCodec.Decode(f));
            var (ours, raw, memory) = (0.0, 0.0, 0.0);
            for (var turn = 0; turn < Turns; turn++)
            {
                clock.Restart();
                Raw(runner, i => ImageCodec.Decode(files[i]));
                raw = Math.Max(raw, Images / clock.Elapsed.TotalSeconds);

                // A table of its own each time: nothing is there to be read.
                var cache = new EmbeddingCache(lake, TimeProvider.System, $"gold.embeddings_{turn}", new EmbeddingOptions { BatchSize = Batch });
                clock.Restart();
                await cache.EmbedAsync(snapshot, snapshot.Images, embedder).ConfigureAwait(false);
                ours = Math.Max(ours, Images / clock.Elapsed.TotalSeconds);

                clock.Restart();
                Raw(runner, i => decoded[i]);
                memory = Math.Max(memory, Images / clock.Elapsed.TotalSeconds);
            }

            return
            [
                import,
                Measurement.AtLeastRatio($"embedding by {embedder.Name}, from files to rows", ours, "images/s", raw, 0.9),
                new Measurement("the same against pictures in memory", ours, "images/s", memory, ours / memory, "none: no decoding", true),
            ];
        }
    }

    private static void Raw(BackboneRunner runner, Func<int, RgbImage> image)
    {
        var pixels = new float[Batch * runner.PixelCount];
        var batch = new RgbImage[Batch];
        for (var start = 0; start < Images; start += Batch)
        {
            var count = Math.Min(Batch, Images - start);
            Parallel.For(0, count, i => batch[i] = image(start + i));
            for (var i = 0; i < count; i++)
            {
                runner.Pixels(batch[i].Pixels, batch[i].Width, batch[i].Height, pixels.AsMemory(i * runner.PixelCount, runner.PixelCount));
            }

            runner.Embed(pixels.AsMemory(0, count * runner.PixelCount), count);
        }
    }

    private static Backbone Backbone(string folder)
    {
        var catalog = BackboneCatalog.Open(folder);
        if (SharedData.Find("models/mobilenetv2-12-int8.onnx") is not { } file)
        {
            return catalog.Load("classical");
        }

        return Training.Backbone.FromBytes(catalog.Find("mobilenetv2"), File.ReadAllBytes(file), file);
    }

    private static void Photos(string folder)
    {
        var real = SharedData.Find("pizza") is { } shared ? Directory.EnumerateFiles(shared, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where(static (_, i) => i % 4 == 0).Take(Images).ToList() : [];
        for (var i = 0; i < Images; i++)
        {
            var path = Path.Combine(folder, i % 2 == 0 ? "even" : "odd", $"{i}.jpg");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, i < real.Count ? File.ReadAllBytes(real[i]) : ImageCodec.EncodeJpeg(Drawn(i)));
        }
    }

    private static RgbImage Drawn(int seed)
    {
        var image = new RgbImage(512, 384);
        var pixels = image.Pixels.Span;
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i / 3 % 512, i / 3 / 512);
            pixels[i] = (byte)(127 + (90 * Math.Sin((x * (0.01 + (seed % 13 * 0.003))) + (i % 3))) + (37 * Math.Cos(y * (0.01 + (seed / 13 * 0.004)))));
        }

        return image;
    }
}
