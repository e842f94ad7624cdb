using Tarn.Contracts;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class EmbeddingFinderTests
{
    [Fact]
    public void It_is_the_tensor_before_the_last_dense_layer_whatever_reshapes_and_drops_between()
    {
        var graph = new SmallGraph(9).Input("x", "N", 3, 8, 8);
        var hidden = graph.Node("Relu", [graph.Node("MatMul", [graph.Node("Flatten", ["x"]), graph.Random(1, 1, 192, 7)])]);
        var logits = graph.Node("Add", [graph.Node("MatMul", [graph.Node("Dropout", [hidden]), graph.Random(2, 1, 7, 4)]), graph.Random(3, 1, 4)]);
        var model = graph.Build(graph.Node("Reshape", [graph.Node("Softmax", [logits]), graph.Longs(0, 4)]), "N", 4);
        var point = EmbeddingFinder.Find(model.Graph);
        Assert.Equal(hidden, point.Tensor);
        Assert.Equal(7, point.Size);
        Assert.False(point.Pool);
    }

    [Fact]
    public void Before_a_convolution_that_classifies_it_is_the_mean_of_its_map()
    {
        var graph = new SmallGraph(9).Input("x", "N", 3, 8, 8);
        var map = graph.Node("Relu", [graph.Node("Conv", ["x", graph.Random(1, 1, 6, 3, 3, 3)])]);
        var classes = graph.Node("Relu", [graph.Node("Conv", [graph.Node("Dropout", [map]), graph.Random(2, 1, 10, 6, 1, 1)])]);
        var model = graph.Build(graph.Node("Softmax", [graph.Node("GlobalAveragePool", [classes])]), "N", 10, 1, 1);
        var point = EmbeddingFinder.Find(model.Graph);
        Assert.Equal(map, point.Tensor);
        Assert.Equal(6, point.Size);
        Assert.True(point.Pool);
    }

    [Fact]
    public void Weights_behind_a_dequantisation_are_weights_too()
    {
        var graph = new SmallGraph(13).Input("x", "N", 6);
        var hidden = graph.Node("Relu", ["x"]);
        var coarse = graph.Node("QuantizeLinear", [graph.Random(1, 1, 6, 4), graph.Floats([0.01f])]);
        var activations = graph.Node("DequantizeLinear", [graph.Node("QuantizeLinear", [hidden, graph.Floats([0.02f])]), graph.Floats([0.02f])]);
        var point = EmbeddingFinder.Find(graph.Build(graph.Node("Gemm", [activations, graph.Node("DequantizeLinear", [coarse, graph.Floats([0.01f])])]), "N", 4).Graph);
        Assert.Equal(activations, point.Tensor);
        Assert.Equal(6, point.Size);
        Assert.True(point.IsBeforeClassifier);
    }

    [Fact]
    public void A_network_without_a_classifier_gives_its_output()
    {
        var graph = new SmallGraph(9).Input("x", "N", 3, 8, 8);
        var map = graph.Node("Clip", [graph.Node("Conv", ["x", graph.Random(1, 1, 6, 3, 1, 1)])], OnnxAttributes.Float("min", 0), OnnxAttributes.Float("max", 6));
        var pooled = graph.Node("GlobalAveragePool", [map]);
        Assert.Equal(pooled, EmbeddingFinder.Find(graph.Build(pooled, "N", 6, 1, 1).Graph).Tensor);

        var maps = new SmallGraph(9).Input("x", "N", 3, 8, 8);
        var last = maps.Node("Relu", [maps.Node("Conv", ["x", maps.Random(1, 1, 6, 3, 3, 3)])]);
        var point = EmbeddingFinder.Find(maps.Build(last, "N", 6, 6, 6).Graph);
        Assert.Equal(last, point.Tensor);
        Assert.True(point.Pool);
    }

    [Theory]
    [InlineData("mobilenetv2-12-int8.onnx", 1280)]
    [InlineData("squeezenet_fp32.onnx", 512)]
    public void It_is_found_in_real_networks(string file, int size)
    {
        var model = OnnxModel.Read(File.ReadAllBytes(SharedData.Require("models/" + file)), file);
        OnnxValidator.Check(model, file);
        Assert.Equal(size, EmbeddingFinder.Find(model.Graph).Size);
    }
}
