using System.Text.Json;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class ImageModelTests
{
    [Fact]
    public void The_exported_model_says_what_the_trainer_says_of_pictures_of_any_size()
    {
        var backbone = Backbone.FromBytes(BackboneTests.Entry(ResizePolicy.Crop) with { Scale = 1 / 255.0, Mean = [0.5, 0.4, 0.3] }, SmallGraph.Network().ToBytes(), "small");
        AssertAgrees(backbone, Head(8, 5, 2, seed: 1), 12);
    }

    [Theory]
    [InlineData("mobilenetv2", "mobilenetv2-12-int8.onnx")]
    [InlineData("squeezenet", "squeezenet_fp32.onnx")]
    public void With_real_networks_too(string name, string file)
    {
        var bytes = File.ReadAllBytes(SharedData.Require("models/" + file));
        var backbone = Backbone.FromBytes(BackboneCatalog.Open(Path.GetTempPath()).Find(name), bytes, file);
        AssertAgrees(backbone, Head(backbone.EmbeddingSize!.Value, 16, 2, seed: 2), 4);
    }

    [Fact]
    public void Equal_parts_give_equal_bytes_and_other_parts_others()
    {
        var file = SmallGraph.Network().ToBytes();
        var one = ImageModel.Export(Backbone.FromBytes(BackboneTests.Entry(), file, "a"), Head(8, 5, 2, seed: 1));
        var same = ImageModel.Export(Backbone.FromBytes(BackboneTests.Entry(), file, "b"), Head(8, 5, 2, seed: 1));
        Assert.Equal(one.Model.ToArray(), same.Model.ToArray());
        Assert.Equal(one.BatchModel.ToArray(), same.BatchModel.ToArray());
        Assert.Equal(one.Signature.ToArray(), same.Signature.ToArray());
        Assert.NotEqual(one.ModelSha256, ImageModel.Export(Backbone.FromBytes(BackboneTests.Entry(), file, "a"), Head(8, 5, 2, seed: 3)).ModelSha256);
        Assert.NotEqual(one.ModelSha256, ImageModel.Export(Backbone.FromBytes(BackboneTests.Entry(), file, "a"), Head(8, 5, 2, seed: 1).WithTemperature(2)).ModelSha256);
    }

    [Fact]
    public void The_signature_says_how_it_is_called_and_its_example_comes_true()
    {
        var files = ImageModel.Export(Backbone.FromBytes(BackboneTests.Entry(), SmallGraph.Network().ToBytes(), "small"), Head(8, 5, 2, seed: 1));
        using var signature = JsonDocument.Parse(files.Signature);
        var root = signature.RootElement;
        Assert.Equal(["dog", "cat"], root.GetProperty("labels").EnumerateArray().Select(static l => l.GetString()));
        var model = root.GetProperty("models")[0];
        Assert.Equal("model.onnx", model.GetProperty("file").GetString());
        Assert.Equal(files.ModelSha256, model.GetProperty("sha256").GetString());
        Assert.Equal("[\"height\",\"width\",3]", JsonSerializer.Serialize(model.GetProperty("inputs")[0].GetProperty("shape")));
        Assert.Equal("uint8", model.GetProperty("inputs")[0].GetProperty("type").GetString());
        Assert.Equal("[1,2]", JsonSerializer.Serialize(model.GetProperty("outputs")[0].GetProperty("shape")));
        Assert.Equal("[\"N\",3,16,16]", JsonSerializer.Serialize(root.GetProperty("models")[1].GetProperty("inputs")[0].GetProperty("shape")));
        var example = root.GetProperty("example");
        byte[] image = [.. example.GetProperty("image").EnumerateArray().SelectMany(static r => r.EnumerateArray()).SelectMany(static p => p.EnumerateArray()).Select(static v => v.GetByte())];
        var (probabilities, label) = Sessions.RunLabelled(files.Model, image, 4, 4);
        Assert.Equal(example.GetProperty("probabilities").EnumerateArray().Select(static p => p.GetSingle()), probabilities);
        Assert.Equal(example.GetProperty("label").GetString(), label);
        Assert.Equal(probabilities[0] > probabilities[1] ? "dog" : "cat", label);
    }

    [Fact]
    public void A_head_of_another_backbone_and_labels_that_repeat_are_refused()
    {
        var backbone = Backbone.FromBytes(BackboneTests.Entry(), SmallGraph.Network().ToBytes(), "small");
        Assert.Contains("9, where small gives 8", Assert.Throws<TarnException>(() => ImageModel.Export(backbone, Head(9, 5, 2, seed: 1))).Message, StringComparison.Ordinal);
        var twice = new TrainedHead(Head(8, 5, 2, seed: 1).Layers, ["dog", "dog"]);
        Assert.Contains("dog, dog", Assert.Throws<TarnException>(() => ImageModel.Export(backbone, twice)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_stored_as_three_files()
    {
        var files = ImageModel.Export(Backbone.FromBytes(BackboneTests.Entry(), SmallGraph.Network().ToBytes(), "small"), Head(8, 5, 2, seed: 1));
        var folder = Path.Combine(Directory.CreateTempSubdirectory("tarn-model-").FullName, "new");
        await files.SaveAsync(folder, TestContext.Current.CancellationToken);
        Assert.Equal(["model-batch.onnx", "model.onnx", "signature.json"], Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>The trainer's way: pixels by the resizer, embeddings in one batch, the head in C#.</summary>
    private static void AssertAgrees(Backbone backbone, TrainedHead head, int pictures)
    {
        using var runner = new BackboneRunner(backbone, 1);
        var files = ImageModel.Export(backbone, head);
        var pixels = new float[pictures * runner.PixelCount];
        var images = Enumerable.Range(0, pictures).Select(static i => (Pixels: Pictures.Draw(i, 150 + (40 * i), 300 - (15 * i)), Width: 150 + (40 * i), Height: 300 - (15 * i))).ToList();
        for (var i = 0; i < pictures; i++)
        {
            runner.Pixels(images[i].Pixels, images[i].Width, images[i].Height, pixels.AsMemory(i * runner.PixelCount, runner.PixelCount));
        }

        var expected = head.Predict(runner.Embed(pixels, pictures));
        var batch = Sessions.Run(files.BatchModel, pixels, pictures, 3, backbone.Entry.Height, backbone.Entry.Width);
        var worst = 0f;
        for (var i = 0; i < pictures; i++)
        {
            var single = Sessions.RunImage(files.Model, images[i].Pixels, images[i].Width, images[i].Height);
            for (var c = 0; c < head.Classes.Count; c++)
            {
                worst = Math.Max(worst, Math.Max(Math.Abs(expected[i, c] - single[c]), Math.Abs(expected[i, c] - batch[(i * head.Classes.Count) + c])));
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{backbone.Entry.Name}: greatest difference {worst}");
        Assert.True(worst <= ImageModel.Tolerance, $"differs by {worst}");
    }

    private static TrainedHead Head(int inputs, int hidden, int classes, int seed)
    {
        var random = new Random(seed);
        float[] Draw(int count, double scale, double offset = 0) => [.. Enumerable.Range(0, count).Select(_ => (float)((((random.NextDouble() * 2) - 1) * scale) + offset))];
        return new TrainedHead(
            [
                new HeadLayer(inputs, hidden, Draw(inputs * hidden, 1 / Math.Sqrt(inputs)), Draw(hidden, 0.5), HeadActivation.Relu),
                new HeadLayer(hidden, classes, Draw(hidden * classes, 1), Draw(classes, 0.5), HeadActivation.Softmax),
            ],
            ["dog", "cat"],
            Draw(inputs, 0.5, 0.5),
            Draw(inputs, 0.3, 1),
            1.5f);
    }
}
