using Tarn.Contracts;
using Tarn.Native;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class BackboneCheckTests(ITestOutputHelper output)
{
    [Fact]
    public void A_network_in_order_is_said_to_be()
    {
        var file = SmallGraph.Network().ToBytes();
        var result = BackboneCheck.Run(Backbone.FromBytes(BackboneTests.Entry(), file, "small"), file, [], TimeProvider.System);
        Assert.Equal((8, 0, true), (result.EmbeddingSize, result.Pictures, result.TakesBatches));
        Assert.All(result.Findings, static f => Assert.Equal("ok", f.State));
        Assert.Contains("Gemm", result.EmbeddingSource, StringComparison.Ordinal);
        Assert.True(result.IsUsable);
    }

    [Fact]
    public void Constant_and_infinite_embeddings_are_errors_and_those_that_tell_nothing_apart_are_warned_of()
    {
        var constant = Check(static g => g.Node("Mul", [Mean(g), g.Floats([0])]));
        Assert.False(constant.IsUsable);
        Assert.Contains("same", constant.Findings[0].Detail, StringComparison.Ordinal);
        Assert.Contains("NaN", Check(static g => g.Node("Log", [g.Node("Mul", [Mean(g), g.Floats([-1])])])).Findings[0].Detail, StringComparison.Ordinal);

        // A picture of 0 to 1 where 0 to 255 was wanted: the biases drown it.
        var drowned = Check(static g => g.Node("Add", [g.Node("Mul", [Mean(g), g.Floats([1e-5f])]), g.Floats([1, 2, 3], 1, 3, 1, 1)]));
        Assert.True(drowned.IsUsable);
        Assert.Equal("warning", drowned.Findings[1].State);
        Assert.Contains("scale", drowned.Findings[1].Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mobilenetv2", "mobilenetv2-12-int8.onnx")]
    [InlineData("squeezenet", "squeezenet_fp32.onnx")]
    public void A_wrong_scale_is_noticed_on_photographs_and_the_right_one_is_not_blamed(string name, string file)
    {
        var bytes = File.ReadAllBytes(SharedData.Require("models/" + file));
        var photos = Photos(SharedData.Require("pizza/pizza"), 6).Concat(Photos(SharedData.Require("pizza/not_pizza"), 6)).ToList();
        var entry = BackboneCatalog.Open(Path.GetTempPath()).Find(name);
        Assert.Equal("ok", Preparation(entry));
        Assert.Equal("warning", Preparation(entry with { Scale = 1 / 255.0, Mean = [0, 0, 0], Std = [1, 1, 1], Channels = ChannelOrder.Rgb }));

        string Preparation(BackboneEntry asked)
        {
            var finding = BackboneCheck.Run(Backbone.FromBytes(asked, bytes, file), bytes, photos, TimeProvider.System).Findings.Single(static f => f.Subject == "preparation");
            output.WriteLine(finding.Detail);
            return finding.State;
        }
    }

    internal static IEnumerable<RgbImage> Photos(string folder, int count) =>
        Directory.GetFiles(folder).Order(StringComparer.Ordinal).Where((_, i) => i % 7 == 0).Take(count).Select(static f => ImageCodec.Decode(File.ReadAllBytes(f)));

    [Fact]
    public void A_network_without_a_classifier_is_not_taken_for_one()
    {
        var file = ClassicalFeatures.Build().ToBytes();
        var entry = BackboneTests.Entry(side: ClassicalFeatures.Side);
        Assert.Null(SurenessOf.Measure(entry, file, [new RgbImage(20, 20)]));
    }

    private static string Mean(SmallGraph graph) => graph.Node("GlobalAveragePool", ["x"]);

    private static BackboneCheckResult Check(Func<SmallGraph, string> body)
    {
        var graph = new SmallGraph(13).Input("x", "N", 3, 16, 16);
        var file = graph.Build(body(graph), "N", 3, 1, 1).ToBytes();
        return BackboneCheck.Run(Backbone.FromBytes(BackboneTests.Entry() with { Embedding = "output" }, file, "made"), file, [], TimeProvider.System);
    }
}
