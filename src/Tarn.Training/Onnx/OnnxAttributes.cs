using System.Text;
using Google.Protobuf;

namespace Tarn.Training;

/// <summary>Attributes of nodes: made, found, taken off.</summary>
internal static class OnnxAttributes
{
    public static AttributeProto Int(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    public static AttributeProto Float(string name, float value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = value };

    public static AttributeProto Text(string name, string value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFrom(value, Encoding.UTF8) };

    public static AttributeProto Ints(string name, params ReadOnlySpan<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values.ToArray());
        return attribute;
    }

    public static AttributeProto? Find(this NodeProto node, string name) => node.Attribute.FirstOrDefault(a => a.Name == name);

    public static long IntOr(this NodeProto node, string name, long otherwise) => node.Find(name) is { HasI: true } found ? found.I : otherwise;

    /// <summary>Removes an attribute and gives it; null where the node has none of that name.</summary>
    public static AttributeProto? Take(this NodeProto node, string name)
    {
        var found = node.Find(name);
        if (found is not null)
        {
            node.Attribute.Remove(found);
        }

        return found;
    }

    public static string? TextOf(this NodeProto node, string name) => node.Find(name) is { HasS: true } found ? found.S.ToStringUtf8() : null;

    /// <summary>Whether the node is a standard operator of this name.</summary>
    public static bool Is(this NodeProto node, string operation) => node.OpType == operation && node.Domain is "" or "ai.onnx";

    /// <summary>The graphs within a node (bodies of loops and branches).</summary>
    public static IEnumerable<GraphProto> Bodies(this NodeProto node) =>
        node.Attribute.SelectMany(static a => a.G is { } g ? a.Graphs.Append(g) : a.Graphs);
}
