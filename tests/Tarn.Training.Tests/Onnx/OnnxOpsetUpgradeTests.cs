using Tarn.Core;
using Xunit;

namespace Tarn.Training.Tests;

/// <summary>A model that was brought to a newer operator set gives what the old one gives, in the runtime that knows both.</summary>
public sealed class OnnxOpsetUpgradeTests
{
    public static TheoryData<string> Cases => [.. Models.Keys];

    private static readonly Dictionary<string, Func<OnnxModel>> Models = new(StringComparer.Ordinal)
    {
        ["Softmax over everything after the first axis, set 7"] = static () => One(7, "Softmax"),
        ["Softmax of the last axis, set 11"] = static () => One(11, "Softmax", OnnxAttributes.Int("axis", -1)),
        ["LogSoftmax from axis 2, set 9"] = static () => One(9, "LogSoftmax", OnnxAttributes.Int("axis", 2)),
        ["Clip by attributes, set 7"] = static () => One(7, "Clip", OnnxAttributes.Float("min", -0.25f), OnnxAttributes.Float("max", 0.5f)),
        ["Clip from above only, set 9"] = static () => One(9, "Clip", OnnxAttributes.Float("max", 0.5f)),
        ["Clip by inputs, set 12"] = static () =>
        {
            var g = Graph(12);
            return g.Build(g.Node("Clip", ["x", g.Floats([-0.1f]), g.Floats([0.2f])]), 2, 3, 4, 4);
        },
        ["Dropout, set 7"] = static () => One(7, "Dropout", OnnxAttributes.Float("ratio", 0.5f)),
        ["Pad by attributes, set 7"] = static () => One(7, "Pad", OnnxAttributes.Ints("pads", 0, 0, 1, 2, 0, 0, 0, 1), OnnxAttributes.Float("value", 0.75f)),
        ["Pad by reflection, set 9"] = static () => One(9, "Pad", OnnxAttributes.Ints("pads", 0, 0, 1, 2, 0, 0, 0, 1), OnnxAttributes.Text("mode", "reflect")),
        ["Slice by attributes, set 7"] = static () => One(7, "Slice", OnnxAttributes.Ints("axes", 1, 3), OnnxAttributes.Ints("starts", 1, -3), OnnxAttributes.Ints("ends", 3, 100)),
        ["Squeeze and Unsqueeze, set 11"] = static () =>
        {
            var g = Graph(11);
            return g.Build(g.Node("Squeeze", [g.Node("Unsqueeze", ["x"], OnnxAttributes.Ints("axes", 0, 5))], OnnxAttributes.Ints("axes", 0)), 2, 3, 4, 4, 1);
        },
        ["ReduceMean by attribute, set 11"] = static () => One(11, "ReduceMean", OnnxAttributes.Ints("axes", 2, 3), OnnxAttributes.Int("keepdims", 0)),
        ["ReduceMean by attribute, set 13"] = static () => One(13, "ReduceMean", OnnxAttributes.Ints("axes", 2, 3)),
        ["ReduceSum of all, set 9"] = static () => One(9, "ReduceSum"),
        ["Split in sizes, set 9"] = static () => Split(9, OnnxAttributes.Int("axis", 2), OnnxAttributes.Ints("split", 1, 3)),
        ["Split in equal parts, set 13"] = static () => Split(13, OnnxAttributes.Int("axis", 2)),
        ["BatchNormalization, set 7"] = static () =>
        {
            var g = Graph(7);
            return g.Build(g.Node("BatchNormalization", ["x", g.Random(1, 1, 3), g.Random(2, 1, 3), g.Random(3, 1, 3), g.Floats([0.5f, 1, 2], 3)], OnnxAttributes.Int("spatial", 1)), 2, 3, 4, 4);
        },
        ["Upsample by attribute, set 7"] = static () =>
        {
            var scales = new AttributeProto { Name = "scales", Type = AttributeProto.Types.AttributeType.Floats };
            scales.Floats.AddRange([1, 1, 2, 1.5f]);
            return One(7, "Upsample", scales, OnnxAttributes.Text("mode", "nearest"));
        },
        ["Upsample by input, set 9"] = static () => Scaled(9, "Upsample", "linear"),
        ["Resize, set 10"] = static () => Scaled(10, "Resize", "nearest"),
        ["TopK, set 9"] = static () =>
        {
            var g = Graph(9);
            return g.Build(g.Nodes("TopK", ["x"], 2, OnnxAttributes.Int("k", 2), OnnxAttributes.Int("axis", 1))[0], 2, 2, 4, 4);
        },
        ["A network, set 7"] = static () =>
        {
            var g = Graph(7);
            var pooled = g.Node("MaxPool", [g.Node("LRN", [g.Node("Conv", ["x", g.Random(1, 1, 4, 3, 3, 3)], OnnxAttributes.Ints("pads", 1, 1, 1, 1))], OnnxAttributes.Int("size", 3))], OnnxAttributes.Ints("kernel_shape", 2, 2));
            var flat = g.Node("Reshape", [g.Node("Concat", [pooled, g.Node("AveragePool", ["x"], OnnxAttributes.Ints("kernel_shape", 2, 2))], OnnxAttributes.Int("axis", 1)), g.Longs(0, -1)]);
            return g.Build(g.Node("Add", [g.Node("MatMul", [flat, g.Random(2, 1, 63, 5)]), g.Random(3, 1, 5)]), 2, 5);
        },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_newer_model_gives_the_same(string name)
    {
        var old = Models[name]();
        OnnxValidator.Check(old, name);
        var input = Enumerable.Range(0, 96).Select(static i => (float)Math.Sin(i * 1.7)).ToArray();
        var expected = Sessions.Run(old, input, 2, 3, 4, 4);
        foreach (var target in new long[] { 18, 21 })
        {
            var model = OnnxOpsetUpgrade.To(old, target);
            Assert.Equal(target, model.Opset);
            model.Proto.IrVersion = 10;
            OnnxEditing.HideWeights(model.Graph);
            OnnxValidator.Check(model, name);
            var actual = Sessions.Run(model, input, 2, 3, 4, 4);
            Assert.Equal(expected.Length, actual.Length);
            Assert.All(expected.Zip(actual), static p => Assert.Equal(p.First, p.Second, 1e-6f));
        }
    }

    [Fact]
    public void What_cannot_be_said_in_newer_sets_or_is_not_known_is_refused_by_name()
    {
        Assert.Contains("spatial", Refused(7, "BatchNormalization", OnnxAttributes.Int("spatial", 0)), StringComparison.Ordinal);
        Assert.Contains("tf_half_pixel_for_nn", Refused(11, "Resize", OnnxAttributes.Text("coordinate_transformation_mode", "tf_half_pixel_for_nn")), StringComparison.Ordinal);
        Assert.Contains("GroupNormalization", Refused(12, "GroupNormalization"), StringComparison.Ordinal);

        static string Refused(long opset, string operation, params AttributeProto[] attributes)
        {
            var error = Assert.Throws<TarnException>(() => OnnxOpsetUpgrade.To(One(opset, operation, attributes), 18));
            Assert.Equal(ErrorKind.Unsupported, error.Kind);
            return error.Message;
        }
    }

    [Fact]
    public void Graphs_within_graphs_are_brought_along()
    {
        var g = Graph(11);
        var body = new GraphProto { Name = "then" };
        var node = new NodeProto { OpType = "Clip", Name = "inner" };
        node.Input.Add("x");
        node.Output.Add("inner_out");
        node.Attribute.Add(OnnxAttributes.Float("max", 0.1f));
        body.Node.Add(node);
        body.Output.Add(OnnxPorts.Of("inner_out", TensorProto.Types.DataType.Float, 2, 3, 4, 4));
        var other = body.Clone();
        other.Node[0].OpType = "Squeeze";
        other.Node[0].Attribute.Clear();
        var flag = g.Node("Greater", [g.Node("ReduceSum", ["x"], OnnxAttributes.Int("keepdims", 0)), g.Floats([-1000])]);
        var model = g.Build(g.Node("If", [flag], Body("then_branch", body), Body("else_branch", other)), 2, 3, 4, 4);
        model.Graph.Node[^1].Attribute[0].G.Node[0].OpType = "Squeeze";
        model.Graph.Node[^1].Attribute[0].G.Node[0].Attribute.Clear();
        model.Graph.Node[^1].Attribute[0].G.Node[0].Attribute.Add(OnnxAttributes.Ints("axes", 0));
        var upgraded = OnnxOpsetUpgrade.To(model, 18);
        var inner = upgraded.Graph.Node[^1].Attribute[0].G;
        Assert.Empty(inner.Node[0].Attribute);
        Assert.Equal(inner.Initializer[0].Name, inner.Node[0].Input[1]);
        Assert.Equal([0L], OnnxTensors.ReadLongs(inner.Initializer[0])!);

        static AttributeProto Body(string name, GraphProto graph) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Graph, G = graph };
    }

    private static SmallGraph Graph(long opset) => new SmallGraph(opset).Input("x", 2, 3, 4, 4);

    private static OnnxModel One(long opset, string operation, params AttributeProto[] attributes)
    {
        var g = Graph(opset);
        var model = g.Build(g.Node(operation, ["x"], attributes));

        // The output's shape is left to the runtime.
        model.Graph.Output[0].Type.TensorType.Shape = null;
        return model;
    }

    private static OnnxModel Split(long opset, params AttributeProto[] attributes)
    {
        var g = Graph(opset);
        var parts = g.Nodes("Split", ["x"], 2, attributes);
        return g.Build(g.Node("Concat", [parts[1], parts[0]], OnnxAttributes.Int("axis", 2)), 2, 3, 4, 4);
    }

    private static OnnxModel Scaled(long opset, string operation, string mode)
    {
        var g = Graph(opset);
        return g.Build(g.Node(operation, ["x", g.Floats([1, 1, 2, 2], 4)], OnnxAttributes.Text("mode", mode)), 2, 3, 8, 8);
    }
}
