using System.Globalization;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>
/// Builds a graph from nodes and whole models, in the order in which they are added. Names are made from the prefix and a count, so that the same calls give the same bytes.
/// </summary>
/// <param name="name">The graph's name.</param>
/// <param name="opset">The operator set that its nodes are written for: at least 18, which has Resize with antialias.</param>
internal sealed class OnnxComposer(string name, long opset = OnnxComposer.LeastOpset)
{
    public const long LeastOpset = 18;
    private const long LeastIr = 8;

    private readonly GraphProto _graph = new() { Name = name };
    private readonly SortedDictionary<string, long> _domains = new(StringComparer.Ordinal) { [""] = opset };
    private readonly List<FunctionProto> _functions = [];
    private long _ir = LeastIr;
    private int _count;

    /// <summary>Goes before the names of what is made from here on.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>The operator set in which models of these sets can be put together.</summary>
    public static long OpsetOf(params ReadOnlySpan<OnnxModel> parts)
    {
        var newest = LeastOpset;
        foreach (var part in parts)
        {
            newest = Math.Max(newest, part.Opset);
        }

        return newest;
    }

    public string Input(string name, TensorProto.Types.DataType type, params ReadOnlySpan<OnnxDimension> shape)
    {
        _graph.Input.Add(OnnxPorts.Of(name, type, shape));
        return name;
    }

    /// <summary>Makes a value an output under a name of its own.</summary>
    public void Output(string name, string value, TensorProto.Types.DataType type, params ReadOnlySpan<OnnxDimension> shape)
    {
        var node = new NodeProto { OpType = "Identity", Name = name + "_out" };
        node.Input.Add(value);
        node.Output.Add(name);
        _graph.Node.Add(node);
        _graph.Output.Add(OnnxPorts.Of(name, type, shape));
    }

    public string Floats(ReadOnlySpan<float> values, params ReadOnlySpan<long> dims) => Store(OnnxTensors.Floats(Fresh("w"), values, dims));

    /// <summary>A number by itself.</summary>
    public string Float(float value) => Floats([value]);

    /// <summary>A list of integers.</summary>
    public string Longs(params ReadOnlySpan<long> values) => Store(OnnxTensors.Longs(Fresh("i"), values, values.Length));

    public string Texts(IEnumerable<string> values) => Store(OnnxTensors.Texts(Fresh("s"), values));

    public string Node(string operation, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        var output = Fresh(operation);
        var node = new NodeProto { OpType = operation, Name = output };
        node.Input.AddRange(inputs.ToArray());
        node.Output.Add(output);
        node.Attribute.AddRange(attributes.ToArray());
        _graph.Node.Add(node);
        return output;
    }

    public string Node(string operation, string input, params ReadOnlySpan<AttributeProto> attributes) => Node(operation, [input], attributes);

    /// <summary>
    /// Adds a whole model, brought to this graph's operator set, its names prefixed, its input fed by a value of this graph.
    /// </summary>
    /// <param name="part">The model; it is not changed.</param>
    /// <param name="inputs">For each input of the model, the value that feeds it.</param>
    /// <returns>The value that each of the model's outputs became.</returns>
    public IReadOnlyDictionary<string, string> Append(OnnxModel part, IReadOnlyDictionary<string, string> inputs)
    {
        var copy = OnnxOpsetUpgrade.To(part, opset).Graph;
        OnnxEditing.HideWeights(copy);
        var prefix = Prefix;
        if (copy.Input.FirstOrDefault(i => !inputs.ContainsKey(i.Name)) is { } unfed)
        {
            throw TarnException.InvalidInput("Each input of a part is fed by a value of the graph that it becomes a part of.", unfed.Name, "Give that value.");
        }

        OnnxEditing.Rename(copy, value => inputs.GetValueOrDefault(value) ?? prefix + value);
        _graph.Node.AddRange(copy.Node);
        _graph.Initializer.AddRange(copy.Initializer);
        _graph.SparseInitializer.AddRange(copy.SparseInitializer);
        _functions.AddRange(part.Proto.Functions.Where(f => !_functions.Any(k => k.Name == f.Name && k.Domain == f.Domain)));
        _ir = Math.Max(_ir, part.Proto.IrVersion);
        foreach (var import in part.Proto.OpsetImport.Where(static o => o.Domain is not ("" or "ai.onnx")))
        {
            _domains[import.Domain] = Math.Max(_domains.GetValueOrDefault(import.Domain), import.Version);
        }

        return part.Graph.Output.ToDictionary(static o => o.Name, o => prefix + o.Name, StringComparer.Ordinal);
    }

    /// <summary>The finished model; nothing may be added after.</summary>
    public OnnxModel Build()
    {
        // What each operator set needs at least (https://onnx.ai/onnx/repo-docs/Versioning.html).
        var needed = opset switch { <= 18 => 8, <= 20 => 9, <= 22 => 10, 23 => 11, 24 => 12, _ => 13 };
        var model = new ModelProto { IrVersion = Math.Max(_ir, needed), ProducerName = "tarn", Graph = _graph };
        var used = Domains(_graph).Concat(_functions.Select(static f => f.Domain)).ToHashSet(StringComparer.Ordinal);
        model.OpsetImport.AddRange(_domains.Where(d => d.Key.Length == 0 || used.Contains(d.Key)).Select(static d => new OperatorSetIdProto { Domain = d.Key, Version = d.Value }));
        model.Functions.AddRange(_functions);
        return new OnnxModel(model);
    }

    private static IEnumerable<string> Domains(GraphProto graph) => graph.Node.SelectMany(static n => n.Bodies().SelectMany(Domains).Append(n.Domain));

    private string Store(TensorProto tensor)
    {
        _graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    private string Fresh(string kind) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{kind}_{_count++}");
}
