namespace Tarn.Training.Tests;

/// <summary>Makes small models of any operator set by hand, as exporters of that time wrote them.</summary>
internal sealed class SmallGraph(long opset)
{
    private readonly GraphProto _graph = new() { Name = "small" };
    private int _count;

    public SmallGraph Input(string name, params OnnxDimension[] shape)
    {
        _graph.Input.Add(OnnxPorts.Of(name, TensorProto.Types.DataType.Float, shape));
        return this;
    }

    public string Floats(float[] values, params long[] dims)
    {
        var name = $"c{_count++}";
        _graph.Initializer.Add(OnnxTensors.Floats(name, values, dims));

        // Before IR 4 stored weights are listed as inputs too.
        if (opset < 9)
        {
            _graph.Input.Add(OnnxPorts.Of(name, TensorProto.Types.DataType.Float, Array.ConvertAll(dims, static d => (OnnxDimension)d)));
        }

        return name;
    }

    public string Random(int seed, float scale, params long[] dims)
    {
        var random = new Random(seed);
        return Floats([.. Enumerable.Range(0, (int)OnnxTensors.Count(dims)).Select(_ => ((float)random.NextDouble() - 0.5f) * 2 * scale)], dims);
    }

    public string Longs(params long[] values)
    {
        var name = $"c{_count++}";
        _graph.Initializer.Add(OnnxTensors.Longs(name, values, values.Length));
        if (opset < 9)
        {
            _graph.Input.Add(OnnxPorts.Of(name, TensorProto.Types.DataType.Int64, values.Length));
        }

        return name;
    }

    public string Node(string operation, string[] inputs, params AttributeProto[] attributes) => Nodes(operation, inputs, 1, attributes)[0];

    public string[] Nodes(string operation, string[] inputs, int outputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = operation, Name = $"n{_count}" };
        node.Input.AddRange(inputs);
        node.Output.AddRange(Enumerable.Range(0, outputs).Select(_ => $"v{_count++}"));
        node.Attribute.AddRange(attributes);
        _graph.Node.Add(node);
        return [.. node.Output];
    }

    public OnnxModel Build(string output, params OnnxDimension[] shape)
    {
        _graph.Output.Add(OnnxPorts.Of(output, TensorProto.Types.DataType.Float, shape));
        var model = new ModelProto { IrVersion = opset < 9 ? 3 : 8, Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = opset });
        return new OnnxModel(model);
    }

    /// <summary>A network for pictures of 16 × 16: convolution, rectifier, mean, dense layer to three classes. The embedding has eight numbers.</summary>
    public static OnnxModel Network(long opset = 12, OnnxDimension? batch = null, int side = 16)
    {
        var graph = new SmallGraph(opset).Input("data", batch ?? "N", 3, side, side);
        var map = graph.Node("Relu", [graph.Node("Conv", ["data", graph.Random(1, 0.5f, 8, 3, 3, 3)], OnnxAttributes.Ints("strides", 2, 2))]);
        var mean = graph.Node("Flatten", [graph.Node("GlobalAveragePool", [map])]);
        var logits = graph.Node("Gemm", [mean, graph.Random(2, 1, 3, 8), graph.Random(3, 1, 3)], OnnxAttributes.Int("transB", 1));
        return graph.Build(graph.Node("Softmax", [logits]), batch ?? "N", 3);
    }
}
