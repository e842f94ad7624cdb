using System.Globalization;
using System.Runtime.CompilerServices;

namespace Tarn.Training;

/// <summary>The graph that is being brought to a newer operator set.</summary>
internal sealed class OnnxUpgradeContext
{
    private readonly GraphProto _graph;
    private readonly HashSet<string> _read;
    private readonly StrongBox<int> _count;

    /// <param name="graph">The graph.</param>
    /// <param name="from">The operator set that it was written for.</param>
    /// <param name="count">Numbers the new names, also those of graphs within graphs: a name means one thing in all of them.</param>
    public OnnxUpgradeContext(GraphProto graph, long from, StrongBox<int> count)
    {
        _count = count;
        _graph = graph;
        From = from;
        _read = graph.Node.SelectMany(OnnxEditing.Reads).Concat(graph.Output.Select(static o => o.Name)).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The operator set that the graph was written for.</summary>
    public long From { get; }

    public bool IsRead(string value) => _read.Contains(value);

    public string Fresh(string kind) => string.Create(CultureInfo.InvariantCulture, $"upgrade_{kind}_{_count.Value++}");

    public string Store(TensorProto tensor)
    {
        _graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    /// <summary>Makes an attribute of integers the input at a place, as newer sets want it; nothing where the node has no such attribute.</summary>
    public NodeProto ToInput(NodeProto node, string attribute, int place)
    {
        if (node.Take(attribute) is { } found)
        {
            var values = found.HasI ? [found.I] : found.Ints.ToArray();
            SetInput(node, place, Store(OnnxTensors.Longs(Fresh(attribute), values, values.Length)));
        }

        return node;
    }

    public static void SetInput(NodeProto node, int place, string value)
    {
        while (node.Input.Count <= place)
        {
            node.Input.Add("");
        }

        node.Input[place] = value;
    }
}
