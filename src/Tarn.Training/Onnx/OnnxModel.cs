using System.Security.Cryptography;
using Google.Protobuf;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>An ONNX file in memory. Reading checks that it is one; <see cref="OnnxValidator"/> checks that it is whole.</summary>
internal sealed class OnnxModel(ModelProto proto)
{
    /// <summary>The newest operator set and IR version that ONNX Runtime 1.30 loads.</summary>
    public const long NewestOpset = 26;

    public const long NewestIr = 13;

    /// <summary>The oldest operator set that can be brought up to date: 7 was the first with today's broadcasting.</summary>
    public const long OldestOpset = 7;

    public ModelProto Proto { get; } = proto;

    public GraphProto Graph => Proto.Graph;

    /// <summary>The version of the standard operators that the nodes are written for; 0 where the file says none.</summary>
    public long Opset => Proto.OpsetImport.FirstOrDefault(static o => o.Domain is "" or "ai.onnx")?.Version ?? 0;

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="source">What to call it in an error: its path or name.</param>
    /// <exception cref="TarnException">It is no ONNX file; the error says what it looks like instead.</exception>
    public static OnnxModel Read(ReadOnlySpan<byte> bytes, string source)
    {
        if (Impostor(bytes) is { } what)
        {
            throw TarnException.Corrupt($"An ONNX file was expected; this is {what}.", source, "Fetch the model file itself, and check its size and SHA-256.");
        }

        ModelProto proto;
        try
        {
            proto = ModelProto.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw TarnException.Corrupt(
                "The file does not read as ONNX: it is cut off, damaged, or of another format.", source, "Fetch it again, and check its size and SHA-256.", exception);
        }

        return proto.Graph is { } graph && (graph.Node.Count > 0 || graph.Output.Count > 0)
            ? new OnnxModel(proto)
            : throw TarnException.Corrupt("An ONNX file holds a graph; this one holds none.", source, "Fetch it again, and check its size and SHA-256.");
    }

    /// <summary>The file's bytes. The same model gives the same bytes: fields in the order of their numbers, no maps.</summary>
    public byte[] ToBytes() => Proto.ToByteArray();

    /// <summary>A copy that can be edited; the weights themselves are shared.</summary>
    public OnnxModel Copy() => new(Proto.Clone());

    /// <summary>The inputs that a caller has to give: those that have no stored value.</summary>
    public IReadOnlyList<ValueInfoProto> CallerInputs()
    {
        var stored = Graph.Initializer.Select(static t => t.Name).ToHashSet(StringComparer.Ordinal);
        return [.. Graph.Input.Where(i => !stored.Contains(i.Name))];
    }

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>What a file is that is often found in the place of a model; null where it may be a model.</summary>
    private static string? Impostor(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return "an empty file";
        }

        var start = bytes[..Math.Min(bytes.Length, 64)];
        return start.StartsWith("version https://git-lfs"u8) ? "a Git LFS pointer, not the file it points to"
            : start.StartsWith("<"u8) ? "an HTML or XML page"
            : start.StartsWith("{"u8) ? "JSON"
            : start.StartsWith("PK\u0003\u0004"u8) ? "a ZIP archive (PyTorch and Keras files are such)"
            : start.StartsWith(new byte[] { 0x89, (byte)'H', (byte)'D', (byte)'F' }) ? "an HDF5 file (Keras weights are such)"
            : start.StartsWith(new byte[] { 0x1f, 0x8b }) ? "a gzip archive"
            : start.Length >= 8 && start[4..8].SequenceEqual("TFL3"u8) ? "a TensorFlow Lite model"
            : null;
    }
}
