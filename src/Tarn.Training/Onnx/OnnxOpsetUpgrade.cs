using System.Runtime.CompilerServices;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>
/// Brings a model to a newer operator set, so that it can stand in one graph with newer nodes: a graph has one operator set for all. The changes are those of the standard's
/// change log (https://onnx.ai/onnx/repo-docs/Changelog.html) from set 7 on. An operator whose history is not written down here is refused by name, never guessed.
/// </summary>
internal static class OnnxOpsetUpgrade
{
    /// <summary>Operators that mean the same in all sets from 7 to 26 for what older sets could say.</summary>
    private static readonly HashSet<string> Unchanged = new(
        """
        Abs Acos Add And ArgMax ArgMin Asin Atan AveragePool Cast Ceil Celu Concat Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos CumSum
        DepthToSpace DequantizeLinear Div DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gemm
        GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish Identity If InstanceNormalization IsInf IsNaN LRN LSTM LeakyRelu Less
        LessOrEqual Log Loop LpNormalization LpPool MatMul MatMulInteger Max MaxPool Mean MeanVarianceNormalization Min Mod Mul Neg NonZero Not OneHot Or PRelu Pow
        QLinearConv QLinearMatMul QuantizeLinear RNN Range Reciprocal Relu Reshape Round Scan ScatterElements ScatterND Selu Shape Sigmoid Sign Sin Size Softplus Softsign
        SpaceToDepth Sqrt Sub Sum Tan Tanh ThresholdedRelu Tile Transpose Trilu Unique Where Xor
        """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        StringComparer.Ordinal);

    /// <summary>A model for the operator set; the model itself where it is written for that already.</summary>
    /// <exception cref="TarnException">One of its operators cannot be brought there.</exception>
    public static OnnxModel To(OnnxModel model, long target)
    {
        var copy = model.Copy();
        if (model.Opset == target)
        {
            return copy;
        }

        if (model.Opset > target)
        {
            throw new TarnException(ErrorKind.Unsupported, $"A model is brought to a newer operator set, not to an older one (from {model.Opset} to {target}).");
        }

        Upgrade(copy.Graph, model.Opset, new StrongBox<int>());
        copy.Proto.OpsetImport.First(static o => o.Domain is "" or "ai.onnx").Version = target;
        return copy;
    }

    private static void Upgrade(GraphProto graph, long from, StrongBox<int> count)
    {
        var context = new OnnxUpgradeContext(graph, from, count);
        var nodes = graph.Node.ToList();
        graph.Node.Clear();
        foreach (var node in nodes)
        {
            foreach (var body in node.Bodies())
            {
                Upgrade(body, from, count);
            }

            if (node.Domain is "" or "ai.onnx")
            {
                graph.Node.AddRange(Upgrade(node, context));
            }
            else
            {
                graph.Node.Add(node);
            }
        }
    }

    private static IEnumerable<NodeProto> Upgrade(NodeProto node, OnnxUpgradeContext context)
    {
        if (node.OpType.StartsWith("Reduce", StringComparison.Ordinal))
        {
            context.ToInput(node, "axes", 1);
            return [node];
        }

        return node.OpType switch
        {
            "Squeeze" or "Unsqueeze" => [context.ToInput(node, "axes", 1)],
            "Softmax" or "LogSoftmax" or "Hardmax" => OnnxUpgrades.Softmax(node, context),
            "Dropout" => [OnnxUpgrades.Dropout(node, context)],
            "BatchNormalization" => [OnnxUpgrades.BatchNormalization(node, context)],
            "Clip" => [OnnxUpgrades.Clip(node, context)],
            "Pad" => [OnnxUpgrades.Pad(node, context)],
            "Slice" => [OnnxUpgrades.Slice(node, context)],
            "Split" => [OnnxUpgrades.Split(node, context)],
            "TopK" => [context.ToInput(node, "k", 1)],
            "Upsample" or "Resize" => [OnnxUpgrades.Resize(node, context)],
            "Scatter" => [OnnxUpgrades.Renamed(node, "ScatterElements")],
            _ when Unchanged.Contains(node.OpType) => [node],
            _ => throw OnnxUpgrades.Refused(node, $"no rule is known that brings it from operator set {context.From} to a newer one"),
        };
    }
}
