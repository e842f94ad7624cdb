using System.Buffers.Binary;
using System.Text;

namespace Tarn.Native.Tests;

/// <summary>Writes small ONNX models: protobuf by hand, with the field numbers that ONNX documents.</summary>
internal sealed class OnnxModelBytes
{
    private readonly List<byte> _graph = [];
    private readonly List<byte> _properties = [];
    private int _opset = 17;

    internal OnnxModelBytes Opset(int version)
    {
        _opset = version;
        return this;
    }

    internal OnnxModelBytes Input(string name, OnnxElementType type, params object[] shape) => Value(11, name, type, shape);

    internal OnnxModelBytes Output(string name, OnnxElementType type, params object[] shape) => Value(12, name, type, shape);

    internal OnnxModelBytes Node(string operation, string[] inputs, string[] outputs, params (string Name, long Value)[] attributes)
    {
        var node = new List<byte>();
        foreach (var input in inputs)
        {
            Text(node, 1, input);
        }

        foreach (var output in outputs)
        {
            Text(node, 2, output);
        }

        Text(node, 4, operation);
        foreach (var (name, value) in attributes)
        {
            var attribute = new List<byte>();
            Text(attribute, 1, name);
            Number(attribute, 3, value);
            Number(attribute, 20, 2);
            Part(node, 5, attribute);
        }

        Part(_graph, 1, node);
        return this;
    }

    internal OnnxModelBytes Initializer(string name, float[] values, params long[] shape)
    {
        var tensor = new List<byte>();
        foreach (var length in shape)
        {
            Number(tensor, 1, length);
        }

        Number(tensor, 2, (int)OnnxElementType.Float);
        Text(tensor, 8, name);
        var raw = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(i * 4), values[i]);
        }

        Part(tensor, 9, [.. raw]);
        Part(_graph, 5, tensor);
        return this;
    }

    /// <summary>An output that is a sequence of tensors of floats, or of maps from a whole number to a float.</summary>
    internal OnnxModelBytes SequenceOutput(string name, bool ofMaps)
    {
        var tensor = new List<byte>();
        Number(tensor, 1, (int)OnnxElementType.Float);
        var element = new List<byte>();
        Part(element, 1, tensor);
        if (ofMaps)
        {
            var map = new List<byte>();
            Number(map, 1, (int)OnnxElementType.Int64);
            Part(map, 2, element);
            element = [];
            Part(element, 5, map);
        }

        var sequence = new List<byte>();
        Part(sequence, 1, element);
        var type = new List<byte>();
        Part(type, 4, sequence);
        var value = new List<byte>();
        Text(value, 1, name);
        Part(value, 2, type);
        Part(_graph, 12, value);
        return this;
    }

    /// <summary>ai.onnx.ml's ZipMap over whole numbers.</summary>
    internal OnnxModelBytes ZipMap(string input, string output, params long[] labels)
    {
        var attribute = new List<byte>();
        Text(attribute, 1, "classlabels_int64s");
        foreach (var label in labels)
        {
            Number(attribute, 8, label);
        }

        Number(attribute, 20, 7);
        var node = new List<byte>();
        Text(node, 1, input);
        Text(node, 2, output);
        Text(node, 4, "ZipMap");
        Part(node, 5, attribute);
        Text(node, 7, "ai.onnx.ml");
        Part(_graph, 1, node);
        var opset = new List<byte>();
        Text(opset, 1, "ai.onnx.ml");
        Number(opset, 2, 1);
        Part(_properties, 8, opset);
        return this;
    }

    internal OnnxModelBytes Property(string key, string value)
    {
        var property = new List<byte>();
        Text(property, 1, key);
        Text(property, 2, value);
        Part(_properties, 14, property);
        return this;
    }

    internal byte[] ToArray()
    {
        var model = new List<byte>();
        Number(model, 1, 8);
        Text(model, 2, "tarn-tests");
        Text(model, 4, "tests.example");
        Number(model, 5, 42);
        Text(model, 6, "made by hand");
        var graph = new List<byte>(_graph);
        Text(graph, 2, "g");
        Part(model, 7, graph);
        var opset = new List<byte>();
        Number(opset, 2, _opset);
        Part(model, 8, opset);
        return [.. model, .. _properties];
    }

    /// <summary>A model of one operator that gives what it takes.</summary>
    internal static byte[] Identity(OnnxElementType type, params object[] shape) =>
        new OnnxModelBytes().Opset(21).Input("x", type, shape).Node("Identity", ["x"], ["y"]).Output("y", type, shape).ToArray();

    private OnnxModelBytes Value(int field, string name, OnnxElementType type, object[] shape)
    {
        var dimensions = new List<byte>();
        foreach (var length in shape)
        {
            var dimension = new List<byte>();
            if (length is string symbol)
            {
                Text(dimension, 2, symbol);
            }
            else if (Convert.ToInt64(length, null) is >= 0 and var fixedLength)
            {
                Number(dimension, 1, fixedLength);
            }

            Part(dimensions, 1, dimension);
        }

        var tensor = new List<byte>();
        Number(tensor, 1, (int)type);
        Part(tensor, 2, dimensions);
        var any = new List<byte>();
        Part(any, 1, tensor);
        var value = new List<byte>();
        Text(value, 1, name);
        Part(value, 2, any);
        Part(_graph, field, value);
        return this;
    }

    private static void Part(List<byte> to, int field, List<byte> part)
    {
        Varint(to, ((ulong)field << 3) | 2);
        Varint(to, (ulong)part.Count);
        to.AddRange(part);
    }

    private static void Text(List<byte> to, int field, string text) => Part(to, field, [.. Encoding.UTF8.GetBytes(text)]);

    private static void Number(List<byte> to, int field, long value)
    {
        Varint(to, (ulong)field << 3);
        Varint(to, (ulong)value);
    }

    private static void Varint(List<byte> to, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            to.Add((byte)(value | 0x80));
        }

        to.Add((byte)value);
    }
}
