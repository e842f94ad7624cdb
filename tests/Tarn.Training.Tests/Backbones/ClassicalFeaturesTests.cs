using Tarn.Contracts;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class ClassicalFeaturesTests(ITestOutputHelper output)
{
    [Fact]
    public void It_needs_no_file_and_tells_pictures_apart()
    {
        var backbone = BackboneCatalog.Open(Path.Combine(Path.GetTempPath(), "tarn-no-such-folder")).Load("classical");
        using var runner = new BackboneRunner(backbone, 1);
        Assert.InRange(runner.EmbeddingSize, 500, 4000);
        var pixels = new float[4 * runner.PixelCount];
        for (var i = 0; i < 4; i++)
        {
            runner.Pixels(Pictures.Draw(i / 2, 200, 150), 200, 150, pixels.AsMemory(i * runner.PixelCount, runner.PixelCount));
        }

        var embeddings = runner.Embed(pixels, 4);
        embeddings.CheckFinite("feature");
        Assert.Equal(embeddings.Row(0).ToArray(), embeddings.Row(1).ToArray());
        Assert.NotEqual(embeddings.Row(0).ToArray(), embeddings.Row(2).ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    public void A_picture_of_one_colour_gives_finite_numbers(byte value)
    {
        using var runner = new BackboneRunner(BackboneCatalog.Open(Path.GetTempPath()).Load("classical"), 1);
        var pixels = new float[runner.PixelCount];
        var image = new byte[40 * 40 * 3];
        Array.Fill(image, value);
        runner.Pixels(image, 40, 40, pixels);
        Assert.All(pixels, p => Assert.Equal(value, p, 1e-3));
        runner.Embed(pixels, 1).CheckFinite("feature");
    }

    [Fact]
    public void It_tells_pizzas_from_other_photographs_well_above_chance()
    {
        using var runner = new BackboneRunner(BackboneCatalog.Open(Path.GetTempPath()).Load("classical"));
        var photos = BackboneCheckTests.Photos(SharedData.Require("pizza/not_pizza"), 112).Concat(BackboneCheckTests.Photos(SharedData.Require("pizza/pizza"), 112)).ToList();
        var features = new FloatMatrix(photos.Count, runner.EmbeddingSize);
        var pixels = new float[runner.PixelCount];
        for (var i = 0; i < photos.Count; i++)
        {
            runner.Pixels(photos[i], pixels);
            runner.Embed(pixels, 1).Data.CopyTo(features.Row(i));
        }

        // Every photo is tested once, by a head that has not seen it.
        var right = 0;
        for (var fold = 0; fold < 4; fold++)
        {
            int[] train = [.. Enumerable.Range(0, photos.Count).Where(i => i % 4 != fold)];
            int[] test = [.. Enumerable.Range(0, photos.Count).Where(i => i % 4 == fold)];
            int Label(int i) => i < photos.Count / 2 ? 0 : 1;
            var data = new HeadData(features.Select(train), [.. train.Select(Label)], ["not_pizza", "pizza"]);
            var predicted = new HeadTrainer(new HeadSpec { Optimizer = HeadOptimizer.Lbfgs, WeightDecay = 1, Epochs = 60 }).Fit(data, cancellation: TestContext.Current.CancellationToken).Head.Predict(features.Select(test));
            right += test.Where((t, i) => (predicted[i, 1] > 0.5f ? 1 : 0) == Label(t)).Count();
        }

        var accuracy = right / (double)photos.Count;
        output.WriteLine($"{accuracy:0.000} of {photos.Count} photographs, cross-validated in 4 parts");
        Assert.True(accuracy > 0.7, $"{accuracy}");
    }

    [Fact]
    public void It_is_the_same_bytes_whenever_it_is_made() => Assert.Equal(ClassicalFeatures.Build().ToBytes(), ClassicalFeatures.Build().ToBytes());
}
