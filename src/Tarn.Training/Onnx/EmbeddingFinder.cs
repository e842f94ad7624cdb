using Tarn.Core;

namespace Tarn.Training;

/// <summary>
/// Finds the embedding of a network that ends in a classifier: the tensor before its last dense layer. It walks back from the first output over what only reshapes, normalises or
/// rescales, to a matrix product by stored weights, or to a 1×1 convolution whose map is then averaged (as SqueezeNet ends). Where neither is found the output itself is the embedding.
/// </summary>
internal sealed class EmbeddingFinder
{
    private static readonly HashSet<string> Passing = new(
        ["Identity", "Dropout", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Cast", "Transpose", "QuantizeLinear", "DequantizeLinear", "Softmax", "LogSoftmax", "Sigmoid", "ArgMax"], StringComparer.Ordinal);

    private static readonly HashSet<string> Averaging = new(["GlobalAveragePool", "AveragePool", "ReduceMean", "QLinearGlobalAveragePool", "QLinearAveragePool", "QLinearReduceMean"], StringComparer.Ordinal);

    private static readonly HashSet<string> Shifting = new(["Add", "Sub", "Mul", "Div", "QLinearAdd", "QLinearMul"], StringComparer.Ordinal);

    /// <summary>Where a node's stored weights are, by operator.</summary>
    private static readonly Dictionary<string, int> Dense = new(StringComparer.Ordinal)
    {
        ["Gemm"] = 1,
        ["MatMul"] = 1,
        ["FusedGemm"] = 1,
        ["FusedMatMul"] = 1,
        ["MatMulInteger"] = 1,
        ["MatMulIntegerToFloat"] = 1,
        ["DynamicQuantizeMatMul"] = 1,
        ["QLinearMatMul"] = 3,
        ["QGemm"] = 3,
    };

    private static readonly Dictionary<string, int> Convolving = new(StringComparer.Ordinal)
    {
        ["Conv"] = 1,
        ["FusedConv"] = 1,
        ["QLinearConv"] = 3,
    };

    private readonly GraphProto _graph;
    private readonly Dictionary<string, NodeProto> _producers;
    private readonly Dictionary<string, TensorProto> _stored;

    private EmbeddingFinder(GraphProto graph)
    {
        _graph = graph;
        _producers = OnnxEditing.Producers(graph);
        _stored = graph.Initializer.ToDictionary(static t => t.Name, StringComparer.Ordinal);
    }

    /// <param name="graph">The network.</param>
    /// <param name="named">A tensor's name, <c>output</c> for the first output as it is, or <c>auto</c>.</param>
    /// <exception cref="TarnException">There is no such tensor.</exception>
    public static EmbeddingPoint Find(GraphProto graph, string named = "auto")
    {
        var finder = new EmbeddingFinder(graph);
        return named switch
        {
            "auto" => finder.Classifier() ?? finder.Output("the network ends in no classifier: its output is the embedding"),
            "output" => finder.Output("the output, as the catalogue says"),
            _ when finder._producers.ContainsKey(named) => new EmbeddingPoint(named, finder.IsMap(named), null, null, null, "named by the catalogue"),
            _ => throw TarnException.InvalidInput(
                "An embedding is a tensor of the graph, `output`, or `auto`.", named, $"The graph's last tensors are {string.Join(", ", graph.Node.TakeLast(6).SelectMany(static n => n.Output))}."),
        };
    }

    private EmbeddingPoint? Classifier()
    {
        var value = _graph.Output[0].Name;
        var (isAveraged, isRectified, isDistribution) = (false, false, false);
        while (_producers.TryGetValue(value, out var node))
        {
            if (Passing.Contains(node.OpType))
            {
                isDistribution |= node.OpType.EndsWith("oftmax", StringComparison.Ordinal);
                value = node.Input[0];
            }
            else if (Averaging.Contains(node.OpType))
            {
                isAveraged = true;
                value = node.Input[0];
            }
            else if (Shifting.Contains(node.OpType))
            {
                var varying = node.Input.Where(i => i.Length > 0 && !IsConstant(i)).ToList();
                if (varying.Count != 1)
                {
                    return null;
                }

                value = varying[0];
            }
            else if (node.OpType is "Relu" or "Clip")
            {
                isRectified = true;
                value = node.Input[0];
            }
            else if (Dense.TryGetValue(node.OpType, out var place) && IsConstant(node.Input[place]))
            {
                return isRectified || isAveraged ? null : Before(node, Rows(node, place), pool: false, $"before the last dense layer, {Name(node)}");
            }
            else if (Convolving.TryGetValue(node.OpType, out place) && Weights(node.Input[place]) is { Dims.Count: 4 } kernel && kernel.Dims[2] == 1 && kernel.Dims[3] == 1)
            {
                // A 1×1 convolution is a classifier where a distribution, or as many maps as ImageNet has classes, comes of it; else it is a layer like others.
                return isDistribution || (kernel.Dims[0] is 1000 or 1001 && (isAveraged || !isRectified))
                    ? Before(node, kernel.Dims[1], pool: true, $"the mean of the map before the classifying convolution, {Name(node)}")
                    : null;
            }
            else
            {
                return null;
            }
        }

        return null;
    }

    private EmbeddingPoint Before(NodeProto node, long? size, bool pool, string why)
    {
        var isQuantised = node.OpType.StartsWith("QLinear", StringComparison.Ordinal) || node.OpType == "QGemm";
        var value = node.Input[0];

        // Layers that only reshape are made again by ours, which holds for any number of images; Dropout does nothing.
        while (_producers.TryGetValue(value, out var before) && before.OpType is "Dropout" or "Identity" or "Flatten" or "Reshape" or "Squeeze")
        {
            value = before.Input[0];
        }

        return isQuantised
            ? new EmbeddingPoint(value, pool, node.Input[1], node.Input[2].Length > 0 ? node.Input[2] : null, size, why) { IsBeforeClassifier = true }
            : new EmbeddingPoint(value, pool, null, null, size, why) { IsBeforeClassifier = true };
    }

    private EmbeddingPoint Output(string why) => new(_graph.Output[0].Name, IsMap(_graph.Output[0].Name), null, null, null, why);

    /// <summary>Whether a tensor is a map of places: of four dimensions, by what is declared or by the operator that makes it.</summary>
    private bool IsMap(string value)
    {
        if (_graph.Output.Concat(_graph.ValueInfo).FirstOrDefault(p => p.Name == value) is { } port && OnnxPorts.Shape(port) is { } shape)
        {
            return shape.Length == 4;
        }

        while (_producers.TryGetValue(value, out var node))
        {
            switch (node.OpType)
            {
                case "Conv" or "MaxPool" or "AveragePool" or "GlobalAveragePool" or "FusedConv" or "QLinearConv":
                    return true;
                case "Relu" or "Clip" or "BatchNormalization" or "Add" or "Mul" or "Sigmoid" or "Concat" or "Identity" or "Dropout" or "LeakyRelu":
                    value = node.Input[0];
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    private long? Rows(NodeProto node, int place)
    {
        var isTransposed = node.IntOr("transB", 0) == 1;
        return Weights(node.Input[place]) is { Dims.Count: 2 } weights ? weights.Dims[isTransposed ? 1 : 0] : null;
    }

    /// <summary>The stored tensor behind a value, straight or through its dequantisation.</summary>
    private TensorProto? Weights(string value)
    {
        while (true)
        {
            if (_stored.TryGetValue(value, out var tensor))
            {
                return tensor;
            }

            if (!_producers.TryGetValue(value, out var node))
            {
                return null;
            }

            if (node.OpType == "Constant")
            {
                return node.Find("value")?.T;
            }

            if (node.OpType is not ("DequantizeLinear" or "QuantizeLinear" or "Identity" or "Cast"))
            {
                return null;
            }

            value = node.Input[0];
        }
    }

    private bool IsConstant(string value) => _stored.ContainsKey(value)
        || (_producers.TryGetValue(value, out var node)
            && (node.OpType == "Constant"
                || (node.OpType is "DequantizeLinear" or "QuantizeLinear" or "Identity" or "Cast" or "Transpose" or "Reshape" or "Squeeze" or "Unsqueeze" && node.Input.All(i => i.Length == 0 || IsConstant(i)))));

    private static string Name(NodeProto node) => node.Name.Length > 0 ? $"{node.Name} ({node.OpType})" : node.OpType;
}
