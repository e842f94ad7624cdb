using Tarn.Core;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class BackboneTests
{
    internal static BackboneEntry Entry(ResizePolicy resize = ResizePolicy.Stretch, int side = 16) => new() { Name = "small", File = "small.onnx", Width = side, Height = side, Resize = resize };

    [Theory]
    [InlineData(40, 30, 24, 20)]
    [InlineData(200, 37, 24, 20)]
    [InlineData(512, 384, 24, 20)]
    [InlineData(24, 20, 24, 20)]
    [InlineData(10, 7, 24, 20)]
    [InlineData(1, 1, 24, 20)]
    [InlineData(18, 500, 24, 20)]
    public void Pictures_of_any_size_are_resized_with_antialias_as_the_definition_says(int width, int height, int toWidth, int toHeight)
    {
        var entry = Entry() with { Width = toWidth, Height = toHeight };
        var pixels = Pictures.Draw(width + height, width, height);
        var expected = TriangleFilter.Resize(pixels, width, height, toWidth, toHeight);
        AssertNear(expected, Sessions.RunImage(Resizer(entry), pixels, width, height), 0.002);
    }

    [Theory]
    [InlineData(640, 480)]
    [InlineData(75, 431)]
    [InlineData(31, 31)]
    public void The_middle_is_cut_after_the_shorter_side_was_brought_to_size(int width, int height)
    {
        var entry = Entry(ResizePolicy.Crop) with { Width = 24, Height = 20, ShortSide = 30 };
        var pixels = Pictures.Draw(width * height, width, height);
        var (scaledWidth, scaledHeight) = (width * 30 / Math.Min(width, height), height * 30 / Math.Min(width, height));
        var scaled = TriangleFilter.Resize(pixels, width, height, scaledWidth, scaledHeight);
        var expected = new double[3 * 20 * 24];
        for (var i = 0; i < expected.Length; i++)
        {
            var (c, y, x) = (i / 480, i / 24 % 20, i % 24);
            expected[i] = scaled[(((c * scaledHeight) + y + ((scaledHeight - 20) / 2)) * scaledWidth) + x + ((scaledWidth - 24) / 2)];
        }

        AssertNear(expected, Sessions.RunImage(Resizer(entry), pixels, width, height), 0.002);
    }

    [Theory]
    [InlineData(ImageLayout.Nchw, ChannelOrder.Rgb)]
    [InlineData(ImageLayout.Nchw, ChannelOrder.Bgr)]
    [InlineData(ImageLayout.Nhwc, ChannelOrder.Bgr)]
    public void Pixels_become_what_the_catalogue_says(ImageLayout layout, ChannelOrder channels)
    {
        var isNchw = layout == ImageLayout.Nchw;
        var graph = isNchw ? new SmallGraph(18).Input("x", "N", 3, 16, 16) : new SmallGraph(18).Input("x", "N", 16, 16, 3);
        var file = graph.Build(graph.Node("Identity", ["x"]), "N", "a", "b", "c");
        var entry = Entry() with { Layout = layout, Channels = channels, Scale = 1 / 255.0, Mean = [0.4, 0.5, 0.6], Std = [0.2, 0.25, 0.5], Embedding = "output" };

        // Without pooling: the test wants the prepared pixels themselves.
        file.Graph.Output[0].Type.TensorType.Shape = OnnxPorts.Of("x", TensorProto.Types.DataType.Float, "N", "D").Type.TensorType.Shape;
        var backbone = Backbone.FromBytes(entry, file.ToBytes(), "identity");
        var batch = Enumerable.Range(0, 2 * 768).Select(static i => (float)(i * 7 % 256)).ToArray();
        var prepared = Sessions.Run(backbone.EmbedderModel, batch, 2, 3, 16, 16);
        for (var i = 0; i < prepared.Length; i++)
        {
            var (n, c, place) = isNchw ? (i / 768, i / 256 % 3, i % 256) : (i / 768, i % 3, i / 3 % 256);
            var from = batch[(n * 768) + ((channels == ChannelOrder.Bgr ? 2 - c : c) * 256) + place];
            Assert.Equal(((from / 255.0) - entry.Mean[c]) / entry.Std[c], prepared[i], 1e-5);
        }
    }

    [Fact]
    public void A_network_for_one_picture_takes_many_and_gives_the_same_for_each()
    {
        var graph = new SmallGraph(7).Input("data", 1, 3, 16, 16);
        var map = graph.Node("Relu", [graph.Node("Conv", ["data", graph.Random(1, 0.5f, 4, 3, 3, 3)], OnnxAttributes.Ints("strides", 4, 4))]);
        var flat = graph.Node("Reshape", [map, graph.Longs(1, 64)]);
        var dense = graph.Node("Relu", [graph.Node("Gemm", [flat, graph.Random(2, 0.2f, 64, 5), graph.Random(3, 1, 5)])]);
        var file = graph.Build(graph.Node("Gemm", [dense, graph.Random(4, 1, 5, 3), graph.Random(5, 1, 3)]), 1, 3);
        var backbone = Backbone.FromBytes(Entry(), file.ToBytes(), "fixed");
        Assert.Equal(5, backbone.EmbeddingSize);
        using var runner = new BackboneRunner(backbone, 1);
        Assert.True(backbone.TakesBatches);
        var pixels = new float[3 * runner.PixelCount];
        for (var i = 0; i < 3; i++)
        {
            runner.Pixels(Pictures.Draw(i, 30 + i, 20), 30 + i, 20, pixels.AsMemory(i * runner.PixelCount, runner.PixelCount));
        }

        var together = runner.Embed(pixels, 3);
        for (var i = 0; i < 3; i++)
        {
            var alone = runner.Embed(pixels.AsMemory(i * runner.PixelCount, runner.PixelCount), 1);
            Assert.All(alone.Data.Zip(together.Row(i).ToArray()), static p => Assert.Equal(p.First, p.Second, 1e-5f));
        }
    }

    [Fact]
    public void A_network_that_cannot_take_several_is_run_for_each()
    {
        // The second dimension is fixed by a sum over the batch: with two pictures the first would hear of the second.
        var graph = new SmallGraph(13).Input("data", 1, 3, 16, 16);
        var sum = graph.Node("ReduceMean", ["data"], OnnxAttributes.Ints("axes", 0, 2, 3), OnnxAttributes.Int("keepdims", 0));
        var file = graph.Build(graph.Node("Reshape", [sum, graph.Longs(1, 3)]), 1, 3);
        using var runner = new BackboneRunner(Backbone.FromBytes(Entry() with { Embedding = "output" }, file.ToBytes(), "mixing"), 1);
        Assert.False(runner.Backbone.TakesBatches);
        var pixels = new float[2 * runner.PixelCount];
        pixels.AsSpan(runner.PixelCount).Fill(10);
        var embeddings = runner.Embed(pixels, 2);
        Assert.Equal([0f, 0, 0], embeddings.Row(0).ToArray());
        Assert.Equal([10f, 10, 10], embeddings.Row(1).ToArray());
    }

    [Fact]
    public void What_does_not_fit_the_catalogue_is_named_with_the_remedy()
    {
        AssertError("16 × 16", SmallGraph.Network(), Entry(side: 20));
        AssertError("layout is nchw", SmallGraph.Network(), Entry() with { Layout = ImageLayout.Nhwc });
        AssertError("four dimensions", Flat(), Entry());
        AssertError("no-such-tensor", SmallGraph.Network(), Entry() with { Embedding = "no-such-tensor" });
        AssertError("std", SmallGraph.Network(), Entry() with { Std = [1, 0, 1] });
        var two = SmallGraph.Network();
        two.Graph.Input.Add(OnnxPorts.Of("mask", TensorProto.Types.DataType.Float, 1));
        AssertError("mask", two, Entry());
        var text = SmallGraph.Network();
        text.Graph.Input[0].Type.TensorType.ElemType = (int)TensorProto.Types.DataType.Int64;
        AssertError("int64", text, Entry());

        static OnnxModel Flat()
        {
            var graph = new SmallGraph(12).Input("x", "N", 5);
            return graph.Build(graph.Node("Relu", ["x"]), "N", 5);
        }

        static void AssertError(string expected, OnnxModel file, BackboneEntry entry) =>
            Assert.Contains(expected, Assert.Throws<TarnException>(() => Backbone.FromBytes(entry, file.ToBytes(), "small.onnx")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_hash_tells_preparations_apart_and_nothing_else()
    {
        var file = SmallGraph.Network().ToBytes();
        var backbone = Backbone.FromBytes(Entry(), file, "a");
        Assert.Equal(backbone.Hash, Backbone.FromBytes(Entry() with { Name = "other", Description = "other", Url = "http://localhost/x" }, file, "b").Hash);
        Assert.Equal(backbone.Sha256, Backbone.FromBytes(Entry() with { Scale = 2 }, file, "b").Sha256);
        string[] hashes =
        [
            backbone.Hash,
            Backbone.FromBytes(Entry() with { Scale = 2 }, file, "b").Hash,
            Backbone.FromBytes(Entry() with { Mean = [0, 0, 1] }, file, "b").Hash,
            Backbone.FromBytes(Entry() with { Channels = ChannelOrder.Bgr }, file, "b").Hash,
            Backbone.FromBytes(Entry(ResizePolicy.Crop), file, "b").Hash,
            Backbone.FromBytes(Entry() with { Embedding = "output" }, file, "b").Hash,
        ];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
    }

    private static ReadOnlyMemory<byte> Resizer(BackboneEntry entry)
    {
        var graph = new SmallGraph(18).Input("x", "N", 3, "h", "w");
        return Backbone.FromBytes(entry, graph.Build(graph.Node("GlobalAveragePool", ["x"]), "N", 3, 1, 1).ToBytes(), "mean").ResizerModel;
    }

    private static void AssertNear(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var worst = expected.Zip(actual).Max(static p => Math.Abs(p.First - p.Second));
        Assert.True(worst <= tolerance, $"differs by {worst}");
    }
}
