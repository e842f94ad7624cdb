using Tarn.Core;
using Tarn.Native;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class EmbeddingCacheTests
{
    private static readonly AugmentationSpec Spec = new();

    private static CancellationToken Cancel => DatasetFixture.Cancel;

    [Fact]
    public async Task Each_view_is_computed_once_and_is_what_the_embedder_gives()
    {
        await using var fixture = await DatasetAsync(20);
        var dataset = await fixture.Dataset().SnapshotAsync(null, Cancel);
        var embedder = new MeanColours();
        var first = await Cache(fixture).EmbedAsync(dataset, dataset.Images, embedder, null, 1, null, Cancel);
        Assert.Equal((20, 20, 1), (first.Computed, first.Rows.Rows, first.Views));
        Assert.All(embedder.Batches, static b => Assert.InRange(b, 1, 4));
        for (var i = 0; i < 20; i++)
        {
            var image = ImageCodec.Decode(File.ReadAllBytes(Path.Combine(fixture.Images, dataset.Images[i].Path)));
            Assert.Equal(new MeanColours().Embed([image]).Data, first.Rows.Row(i).ToArray());
        }

        // The image itself is in common with all augmentations; of three views two are new.
        var views = await Cache(fixture).EmbedAsync(dataset, dataset.Images, embedder, Spec, 3, null, Cancel);
        Assert.Equal((40, 60), (views.Computed, embedder.Images));
        Assert.Equal(first.Rows.Row(7).ToArray(), views.Rows.Row(21).ToArray());
        var photo = ImageCodec.Decode(File.ReadAllBytes(Path.Combine(fixture.Images, dataset.Images[7].Path)));
        Assert.Equal(new MeanColours().Embed([new Augmenter(Spec).View(photo, dataset.Images[7].Sha256, 2)]).Data, views.Rows.Row(23).ToArray());

        // Some of the images in another order: nothing is computed.
        var again = await Cache(fixture).EmbedAsync(dataset, [.. dataset.Images.Reverse().Take(5)], embedder, Spec, 3, null, Cancel);
        Assert.Equal((0, 60), (again.Computed, embedder.Images));
        Assert.Equal(views.Rows.Row((19 * 3) + 1).ToArray(), again.Rows.Row(1).ToArray());

        // Another backbone, and another augmentation, have their own.
        Assert.Equal(20, (await Cache(fixture).EmbedAsync(dataset, dataset.Images, new MeanColours("mean-2"), null, 1, null, Cancel)).Computed);
        Assert.Equal(20, (await Cache(fixture).EmbedAsync(dataset, dataset.Images, embedder, Spec with { Rotation = 3 }, 2, null, Cancel)).Computed);
    }

    [Fact]
    public async Task Files_may_be_gone_once_their_embeddings_are_kept()
    {
        await using var fixture = await DatasetAsync(6);
        var dataset = await fixture.Dataset().SnapshotAsync(null, Cancel);
        await Cache(fixture).EmbedAsync(dataset, dataset.Images, new MeanColours(), Spec, 2, null, Cancel);
        Directory.Delete(fixture.Images, recursive: true);
        Assert.Equal(0, (await Cache(fixture).EmbedAsync(dataset, dataset.Images, new MeanColours(), Spec, 2, null, Cancel)).Computed);
    }

    [Fact]
    public async Task What_was_computed_before_a_stop_stays()
    {
        await using var fixture = await DatasetAsync(40);
        var dataset = await fixture.Dataset().SnapshotAsync(null, Cancel);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var embedder = new MeanColours { Before = images => (images >= 20 ? stop : null)?.Cancel() };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Cache(fixture).EmbedAsync(dataset, dataset.Images, embedder, null, 1, null, stop.Token));
        Assert.InRange(embedder.Images, 20, 36);
        var rest = await Cache(fixture).EmbedAsync(dataset, dataset.Images, new MeanColours(), null, 1, null, Cancel);
        Assert.Equal(40 - embedder.Images, rest.Computed);
    }

    [Fact]
    public async Task What_is_computed_is_committed_as_it_comes()
    {
        await using var fixture = await DatasetAsync(40);
        var dataset = await fixture.Dataset().SnapshotAsync(null, Cancel);
        long? committed = null;
        var embedder = new MeanColours
        {
            Before = images =>
            {
                // What a process that is killed here would leave.
                if (images >= 28 && committed is null)
                {
                    // A commit goes on beside the computing: it is waited for here, with two batches still to come.
                    var table = fixture.Lake.Table("gold.image_embeddings");
                    while ((committed = table.SnapshotAsync(null, Cancel).AsTask().GetAwaiter().GetResult().RowCount) < 8)
                    {
                        Cancel.ThrowIfCancellationRequested();
                    }

                    throw new InvalidOperationException("stopped");
                }
            },
        };
        await Assert.ThrowsAsync<InvalidOperationException>(() => Cache(fixture).EmbedAsync(dataset, dataset.Images, embedder, null, 1, null, Cancel));
        Assert.InRange(committed!.Value, 8, 39);
        var rest = await Cache(fixture).EmbedAsync(dataset, dataset.Images, new MeanColours(), null, 1, null, Cancel);
        Assert.InRange(rest.Computed, 1, 40 - (int)committed.Value);
        Assert.Equal((await Cache(fixture, "gold.other").EmbedAsync(dataset, dataset.Images, new MeanColours(), null, 1, null, Cancel)).Rows.Data, rest.Rows.Data);
    }

    [Fact]
    public async Task Progress_counts_to_the_end_with_what_was_there()
    {
        await using var fixture = await DatasetAsync(12);
        var dataset = await fixture.Dataset().SnapshotAsync(null, Cancel);
        await Cache(fixture).EmbedAsync(dataset, [.. dataset.Images.Take(5)], new MeanColours(), null, 1, null, Cancel);
        var told = new Told();
        await Cache(fixture).EmbedAsync(dataset, dataset.Images, new MeanColours(), null, 1, told, Cancel);
        Assert.Equal(new EmbeddingProgress(12, 12, 5), told.States.MaxBy(static s => s.Done));
    }

    [Fact]
    public async Task What_cannot_be_embedded_is_named_and_the_others_are_kept()
    {
        await using var fixture = await DatasetAsync(8);
        Photos.Write(fixture.Images, "pizza/wide.jpg", Photos.Jpeg(60, 140));
        await fixture.ImportAsync();
        var dataset = await fixture.Dataset().SnapshotAsync(null, Cancel);
        File.Delete(Path.Combine(fixture.Images, "pizza/3.jpg"));
        File.WriteAllBytes(Path.Combine(fixture.Images, "pizza/4.jpg"), Photos.Jpeg(61));
        var embedder = new MeanColours { NotANumberAtWidth = 140 };
        var error = await Assert.ThrowsAsync<TarnException>(() => Cache(fixture).EmbedAsync(dataset, dataset.Images, embedder, null, 1, null, Cancel));
        Assert.StartsWith("3 do not", error.Value, StringComparison.Ordinal);
        Assert.All(new[] { "pizza/3.jpg", "pizza/4.jpg", "pizza/wide.jpg" }, file => Assert.Contains(file, error.Value, StringComparison.Ordinal));
        var good = dataset.Images.Where(static i => i.Path is not ("pizza/3.jpg" or "pizza/4.jpg" or "pizza/wide.jpg")).ToList();
        Assert.Equal((6, 0), (good.Count, (await Cache(fixture).EmbedAsync(dataset, good, embedder, null, 1, null, Cancel)).Computed));
    }

    [Fact]
    public async Task Two_that_compute_at_once_agree_afterwards()
    {
        await using var fixture = await DatasetAsync(10);
        var dataset = await fixture.Dataset().SnapshotAsync(null, Cancel);
        var both = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => Cache(fixture).EmbedAsync(dataset, dataset.Images, new MeanColours(), Spec, 2, null, Cancel))));
        var kept = await Cache(fixture).EmbedAsync(dataset, dataset.Images, new MeanColours(), Spec, 2, null, Cancel);
        Assert.Equal(0, kept.Computed);
        Assert.All(both, b => Assert.Equal(kept.Rows.Data, b.Rows.Data));
        Assert.Equal([0, 0, 0, 0], kept.Labels(["pizza"])[..4]);
        Assert.Throws<TarnException>(() => kept.Labels(["tart"]));
    }

    [Fact]
    public async Task A_backbone_embeds_a_dataset_as_its_own_graphs_do()
    {
        await using var fixture = await DatasetAsync(5);
        var dataset = await fixture.Dataset().SnapshotAsync(null, Cancel);
        var backbone = BackboneCatalog.Open(fixture.Combine("backbones")).Load("classical");
        using var embedder = new BackboneEmbedder(backbone);
        var set = await Cache(fixture).EmbedAsync(dataset, dataset.Images, embedder, null, 1, null, Cancel);
        using var runner = new BackboneRunner(backbone);
        for (var i = 0; i < 5; i++)
        {
            var image = ImageCodec.Decode(File.ReadAllBytes(Path.Combine(fixture.Images, dataset.Images[i].Path)));
            var pixels = new float[runner.PixelCount];
            runner.Pixels(image.Pixels, image.Width, image.Height, pixels);
            var expected = runner.Embed(pixels, 1);
            for (var d = 0; d < embedder.Dimension; d++)
            {
                Assert.Equal(expected[0, d], set.Rows[i, d], 1e-4f);
            }
        }
    }

    private static EmbeddingCache Cache(DatasetFixture fixture, string table = "gold.image_embeddings") =>
        new(fixture.Lake, fixture.Time, table, new EmbeddingOptions { BatchSize = 4, CommitRows = 8, Threads = 2 });

    private static async Task<DatasetFixture> DatasetAsync(int images)
    {
        var fixture = new DatasetFixture();
        fixture.Draw("pizza", 0, images);
        await fixture.ImportAsync();
        return fixture;
    }

    private sealed class Told : IProgress<EmbeddingProgress>
    {
        private readonly Lock _gate = new();

        public List<EmbeddingProgress> States { get; } = [];

        public void Report(EmbeddingProgress value)
        {
            lock (_gate)
            {
                States.Add(value);
            }
        }
    }
}
