using Xunit;

namespace Tarn.Training.Tests;

public sealed class ClassicalFeaturesTests
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
    public void It_is_the_same_bytes_whenever_it_is_made() => Assert.Equal(ClassicalFeatures.Build().ToBytes(), ClassicalFeatures.Build().ToBytes());
}
