using Tarn.Core;

namespace Tarn.Training;

/// <summary>
/// Checks that a model is whole before a runtime sees it: operator sets that can be run, every value made before it is used and only once, every weight as long as its shape says.
/// </summary>
internal static class OnnxValidator
{
    private static readonly string[] Domains = ["", "ai.onnx", "ai.onnx.ml", "com.microsoft"];

    /// <exception cref="TarnException">The model is not whole, or not of a kind that is run here; the error names the node or tensor.</exception>
    public static void Check(OnnxModel model, string source)
    {
        CheckVersions(model, source);
        var graph = model.Graph;
        CheckGraph(graph, [], source);
        if (graph.Output.Count == 0)
        {
            throw Damaged("A graph has outputs; this one has none.", source);
        }
    }

    private static void CheckVersions(OnnxModel model, string source)
    {
        if (model.Opset == 0)
        {
            throw Damaged("A model says which operator set its nodes are written for; this one says none.", source);
        }

        if (model.Opset is < OnnxModel.OldestOpset or > OnnxModel.NewestOpset || model.Proto.IrVersion > OnnxModel.NewestIr)
        {
            throw new TarnException(
                ErrorKind.Unsupported,
                $"Models of operator sets {OnnxModel.OldestOpset} to {OnnxModel.NewestOpset} (IR to {OnnxModel.NewestIr}) are run; this one is of operator set {model.Opset}, IR {model.Proto.IrVersion}.",
                source,
                "Export it again for operator set 18.");
        }

        var used = Nodes(model.Graph).Select(static n => n.Domain).ToHashSet(StringComparer.Ordinal);
        used.ExceptWith(model.Proto.Functions.Select(static f => f.Domain));
        if (used.FirstOrDefault(static d => !Domains.Contains(d)) is { } foreign)
        {
            var node = Nodes(model.Graph).First(n => n.Domain == foreign);
            throw new TarnException(
                ErrorKind.Unsupported,
                $"Operators of the domains ai.onnx, ai.onnx.ml and com.microsoft are run; the node {Name(node)} is of {foreign}.",
                source,
                "Export the model with standard operators only.");
        }
    }

    private static void CheckGraph(GraphProto graph, HashSet<string> outer, string source)
    {
        var known = new HashSet<string>(outer, StringComparer.Ordinal);
        foreach (var tensor in graph.Initializer)
        {
            CheckTensor(tensor, source);
            known.Add(tensor.Name);
        }

        known.UnionWith(graph.SparseInitializer.Select(static s => s.Values?.Name ?? ""));
        known.UnionWith(graph.Input.Select(static i => i.Name));
        foreach (var node in graph.Node)
        {
            if (node.Input.FirstOrDefault(i => i.Length > 0 && !known.Contains(i)) is { } missing)
            {
                throw Damaged($"A node's inputs are made before it; {missing}, which {Name(node)} reads, is not.", source);
            }

            foreach (var body in node.Bodies())
            {
                CheckGraph(body, known, source);
            }

            foreach (var output in node.Output.Where(static o => o.Length > 0))
            {
                if (!known.Add(output) && !outer.Contains(output))
                {
                    throw Damaged($"A value is made once; {output}, which {Name(node)} makes, is there already.", source);
                }
            }
        }

        if (graph.Output.FirstOrDefault(o => !known.Contains(o.Name)) is { } lost)
        {
            throw Damaged($"A graph's outputs are made by its nodes; {lost.Name} is not.", source);
        }
    }

    private static void CheckTensor(TensorProto tensor, string source)
    {
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External)
        {
            throw new TarnException(
                ErrorKind.Unsupported,
                $"A model's weights are in its own file; {tensor.Name} lies in another ({tensor.ExternalData.FirstOrDefault(static e => e.Key == "location")?.Value}).",
                source,
                "Save the model as one file (in Python: onnx.save(model, path, save_as_external_data=False)).");
        }

        var count = OnnxTensors.Count(tensor.Dims);
        var isNarrow = tensor.HasRawData && OnnxTensors.ElementSize(tensor.DataType) == 0;
        if (count < 0 || (!isNarrow && OnnxTensors.StoredCount(tensor) != count))
        {
            throw Damaged($"A weight is as long as its shape says; {tensor.Name} of shape [{string.Join(", ", tensor.Dims)}] holds {OnnxTensors.StoredCount(tensor)} values.", source);
        }
    }

    private static IEnumerable<NodeProto> Nodes(GraphProto graph) => graph.Node.Concat(graph.Node.SelectMany(static n => n.Bodies()).SelectMany(Nodes));

    private static string Name(NodeProto node) => node.Name.Length > 0 ? $"{node.Name} ({node.OpType})" : $"{node.OpType} of {node.Output.FirstOrDefault()}";

    private static TarnException Damaged(string rule, string source) => TarnException.Corrupt(rule, source, "The file is damaged or was written wrongly: fetch or export it again.");
}
