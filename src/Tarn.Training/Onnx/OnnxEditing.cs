using Tarn.Core;

namespace Tarn.Training;

/// <summary>Edits of graphs. Each changes the graph that it is given.</summary>
internal static class OnnxEditing
{
    /// <summary>Takes stored weights off the inputs, where models before IR 4 list them.</summary>
    public static void HideWeights(GraphProto graph)
    {
        var stored = graph.Initializer.Select(static t => t.Name).ToHashSet(StringComparer.Ordinal);
        Keep(graph.Input, i => !stored.Contains(i.Name));
    }

    /// <summary>Which node makes each value.</summary>
    public static Dictionary<string, NodeProto> Producers(GraphProto graph)
    {
        var producers = new Dictionary<string, NodeProto>(StringComparer.Ordinal);
        foreach (var node in graph.Node)
        {
            foreach (var output in node.Output.Where(static o => o.Length > 0))
            {
                producers[output] = node;
            }
        }

        return producers;
    }

    /// <summary>Cuts a graph so that it makes these values and nothing else: nodes, weights and inputs that they do not need go.</summary>
    /// <exception cref="TarnException">No node makes one of them.</exception>
    public static void Cut(GraphProto graph, IReadOnlyList<ValueInfoProto> outputs)
    {
        var producers = Producers(graph);
        if (outputs.FirstOrDefault(o => !producers.ContainsKey(o.Name)) is { } unknown)
        {
            throw TarnException.NotFound("A graph is cut at a tensor that one of its nodes makes.", unknown.Name, $"The last are {string.Join(", ", graph.Node.TakeLast(5).SelectMany(static n => n.Output))}.");
        }

        var needed = new HashSet<string>(StringComparer.Ordinal);
        var kept = new HashSet<NodeProto>(ReferenceEqualityComparer.Instance);
        var open = new Stack<string>(outputs.Select(static o => o.Name));
        while (open.TryPop(out var value))
        {
            if (needed.Add(value) && producers.TryGetValue(value, out var node) && kept.Add(node))
            {
                foreach (var input in Reads(node))
                {
                    open.Push(input);
                }
            }
        }

        Keep(graph.Node, kept.Contains);
        Keep(graph.Initializer, t => needed.Contains(t.Name));
        Keep(graph.SparseInitializer, t => needed.Contains(t.Values?.Name ?? ""));
        Keep(graph.Input, i => needed.Contains(i.Name));
        graph.ValueInfo.Clear();
        graph.QuantizationAnnotation.Clear();
        graph.Output.Clear();
        graph.Output.AddRange(outputs);
    }

    /// <summary>Renames every value and node of a graph and of the graphs within it.</summary>
    public static void Rename(GraphProto graph, Func<string, string> name)
    {
        string Renamed(string value) => value.Length == 0 ? value : name(value);
        foreach (var node in graph.Node)
        {
            node.Name = node.Name.Length == 0 ? "" : name(node.Name);
            for (var i = 0; i < node.Input.Count; i++)
            {
                node.Input[i] = Renamed(node.Input[i]);
            }

            for (var i = 0; i < node.Output.Count; i++)
            {
                node.Output[i] = Renamed(node.Output[i]);
            }

            foreach (var body in node.Bodies())
            {
                Rename(body, name);
            }
        }

        foreach (var tensor in graph.Initializer.Concat(graph.SparseInitializer.Select(static s => s.Values).OfType<TensorProto>()))
        {
            tensor.Name = Renamed(tensor.Name);
        }

        foreach (var port in graph.Input.Concat(graph.Output))
        {
            port.Name = Renamed(port.Name);
        }

        // What tools noted about values on the way is found out again by the runtime; kept, it would have to be kept true.
        graph.ValueInfo.Clear();
        graph.QuantizationAnnotation.Clear();
    }

    /// <summary>What a node reads, with what the graphs within it read from outside.</summary>
    public static IEnumerable<string> Reads(NodeProto node) => node.Input.Where(static i => i.Length > 0)
        .Concat(node.Bodies().SelectMany(static b => b.Node.SelectMany(Reads).Concat(b.Output.Select(static o => o.Name))));

    private static void Keep<T>(Google.Protobuf.Collections.RepeatedField<T> list, Func<T, bool> wanted)
    {
        var kept = list.Where(wanted).ToList();
        if (kept.Count < list.Count)
        {
            list.Clear();
            list.AddRange(kept);
        }
    }
}
