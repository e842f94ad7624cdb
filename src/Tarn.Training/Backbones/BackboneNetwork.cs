using System.Globalization;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>Makes of a network's file a graph from prepared pixels to an embedding, and says in words what does not fit the catalogue.</summary>
internal static class BackboneNetwork
{
    public const string EmbeddingName = "embedding";

    /// <summary>The output of the prepared network: a name that no exporter gives.</summary>
    public const string NetworkOutput = "tarn/embedding";

    /// <param name="file">The network's file; not changed.</param>
    /// <param name="entry">What the catalogue says of it.</param>
    /// <param name="source">What to call the file in errors.</param>
    /// <param name="freeBatch">Whether a network for a fixed number of pictures is changed to take any.</param>
    public static BackboneParts Prepare(OnnxModel file, BackboneEntry entry, string source, bool freeBatch = true)
    {
        OnnxValidator.Check(file, source);
        var model = file.Copy();
        var graph = model.Graph;
        OnnxEditing.HideWeights(graph);
        var input = Input(graph, entry, source);
        var point = EmbeddingFinder.Find(graph, entry.Embedding);
        var batch = OnnxPorts.Shape(input)![0];
        if (freeBatch)
        {
            FreeBatch(graph, input, batch);
        }

        var value = point.Tensor;
        if (point.Scale is { } scale)
        {
            value = Add(graph, "DequantizeLinear", point.ZeroPoint is { } zero ? [value, scale, zero] : [value, scale], NetworkOutput + "_float");
        }

        if (point.Pool)
        {
            value = Add(graph, "GlobalAveragePool", [value], NetworkOutput + "_mean");
        }

        var isFloat = OnnxPorts.ElementType(input) == (int)TensorProto.Types.DataType.Float;
        value = Add(graph, "Flatten", [value], isFloat ? NetworkOutput : NetworkOutput + "_flat", OnnxAttributes.Int("axis", 1));
        if (!isFloat)
        {
            Add(graph, "Cast", [value], NetworkOutput, OnnxAttributes.Int("to", (int)TensorProto.Types.DataType.Float));
        }

        OnnxEditing.Cut(graph, [OnnxPorts.Of(NetworkOutput, TensorProto.Types.DataType.Float, "N", point.Size is { } known ? known : "D")]);
        return new BackboneParts(model, input.Name, OnnxPorts.ElementType(input), point, batch < 0 ? null : batch, freeBatch || batch < 0);
    }

    /// <summary>The one input, which takes pictures of the catalogue's size and layout.</summary>
    private static ValueInfoProto Input(GraphProto graph, BackboneEntry entry, string source)
    {
        if (graph.Input.Count != 1)
        {
            throw Shape($"A backbone has one input, the pictures; this file has {graph.Input.Count} ({string.Join(", ", graph.Input.Select(static i => i.Name))}).", source, "Export the network without the others.");
        }

        var input = graph.Input[0];
        if (OnnxPorts.Shape(input) is not { Length: 4 } shape)
        {
            throw Shape($"A backbone's input has four dimensions; {input.Name} is {OnnxPorts.Show(input)}.", source, "Give a network for pictures.");
        }

        var type = (TensorProto.Types.DataType)OnnxPorts.ElementType(input);
        if (type is not (TensorProto.Types.DataType.Float or TensorProto.Types.DataType.Float16 or TensorProto.Types.DataType.Double or TensorProto.Types.DataType.Uint8))
        {
            throw Shape($"A backbone's input is of float32, float16, float64 or uint8; {input.Name} is of {OnnxTensors.TypeName((int)type) ?? "an unknown type"}.", source, "Export it with such an input.");
        }

        var isNchw = entry.Layout == ImageLayout.Nchw;
        var (channels, height, width) = isNchw ? (shape[1], shape[2], shape[3]) : (shape[3], shape[1], shape[2]);
        if (channels is not (3 or -1))
        {
            var other = isNchw ? shape[3] : shape[1];
            throw Shape(
                $"The catalogue says that {entry.Name} takes [N, {(isNchw ? "3, height, width" : "height, width, 3")}]; its file takes {OnnxPorts.Show(input)}.",
                source,
                other == 3 ? $"Its layout is {(isNchw ? "nhwc" : "nchw")}: say so in the catalogue (layout)." : "A backbone takes pictures of three channels.");
        }

        return (height, width) is (not -1, _) or (_, not -1) && ((height != -1 && height != entry.Height) || (width != -1 && width != entry.Width))
            ? throw Shape(
                string.Create(CultureInfo.InvariantCulture, $"The catalogue says that {entry.Name} takes pictures of {entry.Width} × {entry.Height}; its file takes {width} × {height}."),
                source,
                "Correct the size in the catalogue, or give the right file.")
            : input;
    }

    /// <summary>Lets a network that was exported for one picture take any number: its input's first dimension, and reshapes that name it.</summary>
    private static void FreeBatch(GraphProto graph, ValueInfoProto input, long batch)
    {
        input.Type.TensorType.Shape.Dim[0] = new TensorShapeProto.Types.Dimension { DimParam = "N" };
        if (batch < 0)
        {
            return;
        }

        var stored = graph.Initializer.ToDictionary(static t => t.Name, StringComparer.Ordinal);
        var producers = OnnxEditing.Producers(graph);
        foreach (var node in graph.Node.Where(static n => n.OpType == "Reshape" && n.Input.Count > 1))
        {
            var shape = stored.GetValueOrDefault(node.Input[1]) ?? (producers.GetValueOrDefault(node.Input[1]) is { OpType: "Constant" } constant ? constant.Find("value")?.T : null);
            if (shape is not null && OnnxTensors.ReadLongs(shape) is [var first, ..] dims && first == batch && dims.Length > 1 && node.IntOr("allowzero", 0) == 0)
            {
                // 0 takes the dimension over from what comes in.
                dims[0] = 0;
                var name = node.Output[0] + "_any_batch";
                graph.Initializer.Add(OnnxTensors.Longs(name, dims, dims.Length));
                node.Input[1] = name;
            }
        }
    }

    private static string Add(GraphProto graph, string operation, string[] inputs, string output, params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { OpType = operation, Name = output + "_node" };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        node.Attribute.AddRange(attributes.ToArray());
        graph.Node.Add(node);
        return output;
    }

    private static TarnException Shape(string rule, string source, string remedy) => TarnException.InvalidInput(rule, source, remedy);
}

/// <summary>A network, cut at its embedding.</summary>
/// <param name="Network">From the input to <c>embedding</c>, float32 [N, D].</param>
/// <param name="Input">The input's name.</param>
/// <param name="InputType">Its element type, by ONNX's number.</param>
/// <param name="Point">Where the embedding was found.</param>
/// <param name="FixedBatch">How many pictures at once the file was made for, or null for any number.</param>
/// <param name="TakesAny">Whether the network takes any number.</param>
internal sealed record BackboneParts(OnnxModel Network, string Input, int InputType, EmbeddingPoint Point, long? FixedBatch, bool TakesAny);
