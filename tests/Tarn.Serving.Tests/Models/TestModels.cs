using Google.Protobuf;
using Tarn.Training;
using DataType = Tarn.Training.TensorProto.Types.DataType;

namespace Tarn.Serving.Tests;

/// <summary>Small models, written by hand.</summary>
internal static class TestModels
{
    /// <summary><c>y = x × factor + 2</c> for each number, rows of any length: at factor 0.5, the model of TensorFlow Serving's own examples.</summary>
    public static byte[] HalfPlusTwo(float factor = 0.5f) => Build(
        [Port("x", DataType.Float, "batch")],
        [Port("y", DataType.Float, "batch")],
        [Floats("a", [factor]), Floats("b", [2])],
        [Node("Mul", ["x", "a"], ["m"]), Node("Add", ["m", "b"], ["y"])]);

    /// <summary><c>sum = a + b</c> and <c>difference = a - b</c> of int32 rows of 16: the model of Triton's own examples.</summary>
    public static byte[] Simple() => Build(
        [Port("INPUT0", DataType.Int32, "n", 16), Port("INPUT1", DataType.Int32, "n", 16)],
        [Port("OUTPUT0", DataType.Int32, "n", 16), Port("OUTPUT1", DataType.Int32, "n", 16)],
        [],
        [Node("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]), Node("Sub", ["INPUT0", "INPUT1"], ["OUTPUT1"])]);

    /// <summary>A dense layer from 4 numbers to 3 classes and a softmax; the weights are drawn by the seed.</summary>
    public static byte[] Dense(int seed = 1)
    {
        var random = new Random(seed);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
        return Build(
            [Port("features", DataType.Float, "n", 4)],
            [Port("probabilities", DataType.Float, "n", 3)],
            [Floats("w", Draw(12), 4, 3), Floats("c", Draw(3), 3)],
            [Node("Gemm", ["features", "w", "c"], ["logits"]), Node("Softmax", ["logits"], ["probabilities"])]);
    }

    /// <summary>The rows of a table of 4 rows by their number: what is no row's number fails at the run.</summary>
    public static byte[] Lookup() => Build(
        [Port("row", DataType.Int64, "n")],
        [Port("values", DataType.Float, "n", 2)],
        [Floats("table", [0, 1, 10, 11, 20, 21, 30, 31], 4, 2)],
        [Node("Gather", ["table", "row"], ["values"])]);

    /// <summary>Texts as they are.</summary>
    public static byte[] Texts() => Build(
        [Port("text", DataType.String, "n")],
        [Port("same", DataType.String, "n")],
        [],
        [Node("Identity", ["text"], ["same"])]);

    /// <summary>An input of each type, named by it, which comes out as it is, its name in small letters.</summary>
    public static byte[] AllTypes() => Types([.. Halves, .. Others]);

    /// <summary>The same without the types that have no list in contents of gRPC.</summary>
    public static byte[] TypesWithContents() => Types(Others);

    private static readonly (string Name, DataType Type)[] Halves = [("FP16", DataType.Float16), ("BF16", DataType.Bfloat16)];

    private static readonly (string Name, DataType Type)[] Others =
    [
        ("BOOL", DataType.Bool), ("UINT8", DataType.Uint8), ("UINT16", DataType.Uint16), ("UINT32", DataType.Uint32), ("UINT64", DataType.Uint64),
        ("INT8", DataType.Int8), ("INT16", DataType.Int16), ("INT32", DataType.Int32), ("INT64", DataType.Int64),
        ("FP32", DataType.Float), ("FP64", DataType.Double), ("BYTES", DataType.String),
    ];

    private static byte[] Types((string Name, DataType Type)[] types) => Build(
        types.Select(static t => Port(t.Name, t.Type, "n", 2)),
        types.Select(static t => Port(t.Name.ToLowerInvariant(), t.Type, "n", 2)),
        [],
        types.Select(static t => Node("Identity", [t.Name], [t.Name.ToLowerInvariant()])));

    /// <summary>A number for a whole request: the first dimension of its output is not that of its input.</summary>
    public static byte[] Mean() => Build(
        [Port("x", DataType.Float, "n", 2)],
        [Port("mean", DataType.Float, 2)],
        [],
        [NodeOf("ReduceMean", ["x"], ["mean"], Ints("axes", 0), Int("keepdims", 0))]);

    /// <summary>The numbers without repetition, which it declares to be as many as it gets: true of one number.</summary>
    public static byte[] Distinct() => Build(
        [Port("x", DataType.Float, "n")],
        [Port("y", DataType.Float, "n")],
        [],
        [Node("Unique", ["x"], ["y"])]);

    /// <summary>Which numbers are not 0: the output's second dimension depends on the values.</summary>
    public static byte[] NonZero() => Build(
        [Port("x", DataType.Float, "n")],
        [Port("at", DataType.Int64, 1, "found")],
        [],
        [Node("NonZero", ["x"], ["at"])]);

    /// <summary>Rows of any length, as they are: nothing but the rank is known.</summary>
    public static byte[] Open() => Build(
        [Port("x", DataType.Float, "n", "m")],
        [Port("same", DataType.Float, "n", "m")],
        [],
        [Node("Identity", ["x"], ["same"])]);

    /// <summary>Two rows of three numbers, no more and no less, doubled.</summary>
    public static byte[] Fixed() => Build(
        [Port("x", DataType.Float, 2, 3)],
        [Port("y", DataType.Float, 2, 3)],
        [],
        [Node("Add", ["x", "x"], ["y"])]);

    /// <summary>Whether a picture is dark or bright, by its mean: two probabilities. An image model, where its signature names two labels.</summary>
    public static byte[] Brightness() => Build(
        [Port("image", DataType.Uint8, "height", "width", 3)],
        [Port("probabilities", DataType.Float, 2)],
        [Floats("w", [-0.1f, 0.1f], 2), Floats("c", [12.75f, -12.75f], 2)],
        [
            NodeOf("Cast", ["image"], ["pixels"], Int("to", (long)DataType.Float)),
            NodeOf("ReduceMean", ["pixels"], ["mean"], Int("keepdims", 0)),
            Node("Mul", ["mean", "w"], ["scaled"]),
            Node("Add", ["scaled", "c"], ["logits"]),
            Node("Softmax", ["logits"], ["probabilities"]),
        ]);

    /// <summary>Rows of so many numbers, doubled.</summary>
    public static byte[] Wide(int width) => Build(
        [Port("x", DataType.Float, "n", width)],
        [Port("y", DataType.Float, "n", width)],
        [],
        [Node("Add", ["x", "x"], ["y"])]);

    /// <summary>The greatest of each row of so many numbers: large requests, small answers.</summary>
    public static byte[] RowMaxima(int width) => Build(
        [Port("x", DataType.Float, "n", width)],
        [Port("most", DataType.Float, "n", 1)],
        [],
        [NodeOf("ReduceMax", ["x"], ["most"], Ints("axes", 1), Int("keepdims", 1))]);

    /// <summary>A product of matrices that takes a while: rows of <paramref name="size"/>, <paramref name="layers"/> layers.</summary>
    public static byte[] Slow(int size = 256, int layers = 8)
    {
        var random = new Random(7);
        var weights = Enumerable.Range(0, layers).Select(l => Floats($"w{l}", [.. Enumerable.Range(0, size * size).Select(_ => (float)(random.NextDouble() - 0.5) / size)], size, size)).ToList();
        var nodes = Enumerable.Range(0, layers).Select(l => Node("MatMul", [l == 0 ? "x" : $"h{l}", $"w{l}"], [l == layers - 1 ? "y" : $"h{l + 1}"])).ToList();
        return Build([Port("x", DataType.Float, "n", size)], [Port("y", DataType.Float, "n", size)], weights, nodes);
    }

    /// <summary>Writes a version into a folder of models, whole or not at all.</summary>
    public static void Write(string folder, string model, long version, byte[] bytes, string? labels = null)
    {
        var final = Path.Combine(folder, model, version.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var partial = Path.Combine(folder, model, $".{version}");
        Directory.CreateDirectory(partial);
        File.WriteAllBytes(Path.Combine(partial, "model.onnx"), bytes);
        if (labels is not null)
        {
            File.WriteAllText(Path.Combine(partial, "labels.txt"), labels);
        }

        Directory.Move(partial, final);
    }

    internal static byte[] Build(IEnumerable<ValueInfoProto> inputs, IEnumerable<ValueInfoProto> outputs, IEnumerable<TensorProto> weights, IEnumerable<NodeProto> nodes)
    {
        var graph = new GraphProto { Name = "test" };
        graph.Input.AddRange(inputs);
        graph.Output.AddRange(outputs);
        graph.Initializer.AddRange(weights);
        graph.Node.AddRange(nodes);
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 13 });
        return model.ToByteArray();
    }

    internal static ValueInfoProto Port(string name, DataType type, params object[] shape)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = new TensorShapeProto() };
        foreach (var dimension in shape)
        {
            tensor.Shape.Dim.Add(dimension is string symbol ? new TensorShapeProto.Types.Dimension { DimParam = symbol } : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(dimension, System.Globalization.CultureInfo.InvariantCulture) });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    internal static TensorProto Floats(string name, float[] values, params long[] dims)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        var tensor = new TensorProto { Name = name, DataType = (int)DataType.Float, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(dims);
        return tensor;
    }

    internal static NodeProto Node(string operation, string[] inputs, string[] outputs) => NodeOf(operation, inputs, outputs);

    private static NodeProto NodeOf(string operation, string[] inputs, string[] outputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = operation, Name = outputs[0] };
        node.Input.AddRange(inputs);
        node.Output.AddRange(outputs);
        node.Attribute.AddRange(attributes);
        return node;
    }

    private static AttributeProto Int(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    private static AttributeProto Ints(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }
}
