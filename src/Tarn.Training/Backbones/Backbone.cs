using System.Security.Cryptography;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>
/// A backbone that is ready: its file was read and fits the catalogue. It gives the two graphs of which training makes embeddings, and of which an exported model is made too, so
/// that no picture is prepared in two ways. Immutable; safe for use from several threads.
/// </summary>
public sealed class Backbone
{
    internal const string ImageInput = "image";
    internal const string BatchInput = "batch";
    internal const string PixelsOutput = "pixels";

    private readonly Lazy<byte[]> _resizer;
    private readonly Lazy<byte[]> _embedder;
    private readonly Lazy<string> _hash;

    private Backbone(BackboneEntry entry, BackboneParts parts, string sha256)
    {
        (Entry, Parts, Sha256) = (entry, parts, sha256);
        _resizer = new(MakeResizer);
        _embedder = new(MakeEmbedder);
        _hash = new(MakeHash);
    }

    /// <summary>What the catalogue says of it.</summary>
    public BackboneEntry Entry { get; }

    /// <summary>The SHA-256 of its file.</summary>
    public string Sha256 { get; }

    /// <summary>How many numbers a picture gets, or null where the graph does not say so before it is run.</summary>
    public int? EmbeddingSize => (int?)Parts.Point.Size;

    /// <summary>The tensor of the file that is the embedding, and how it was found.</summary>
    public string EmbeddingSource => $"{Parts.Point.Tensor}: {Parts.Point.Why}";

    /// <summary>
    /// Changes whenever the embedding of a picture may change: the SHA-256 of <see cref="ResizerModel"/> and <see cref="EmbedderModel"/>. The key by which embeddings are kept.
    /// </summary>
    public string Hash => _hash.Value;

    /// <summary>An ONNX model from <c>image</c>, uint8 [height, width, 3] of any size, to <c>pixels</c>, float32 [1, 3, h, w] of 0 to 255 in the backbone's size, red first.</summary>
    public ReadOnlyMemory<byte> ResizerModel => _resizer.Value;

    /// <summary>An ONNX model from <c>batch</c>, float32 [N, 3, h, w] as <see cref="ResizerModel"/> gives them, to <c>embedding</c>, float32 [N, D].</summary>
    public ReadOnlyMemory<byte> EmbedderModel => _embedder.Value;

    internal BackboneParts Parts { get; }

    /// <summary>Whether several pictures go through the network at once.</summary>
    public bool TakesBatches => Parts.TakesAny;

    /// <summary>
    /// Makes a backbone of a file's bytes. A network that was exported for one picture is changed to take any number, and run to see that it gives the same; where it does not, it is left
    /// as it is, and takes them one by one.
    /// </summary>
    /// <param name="entry">What the catalogue says of it.</param>
    /// <param name="file">The ONNX file.</param>
    /// <param name="source">What to call the file in errors.</param>
    /// <exception cref="TarnException">The file is damaged, of another kind than the entry says, or cannot be run here.</exception>
    public static Backbone FromBytes(BackboneEntry entry, ReadOnlySpan<byte> file, string source)
    {
        ArgumentNullException.ThrowIfNull(entry);
        BackboneRules.Check(entry, source);
        var model = OnnxModel.Read(file, source);
        var sha256 = OnnxModel.Sha256(file);
        var free = new Backbone(entry, BackboneNetwork.Prepare(model, entry, source), sha256);
        if (free.Parts.FixedBatch is not { } count)
        {
            return free;
        }

        if (count != 1)
        {
            throw TarnException.InvalidInput("A backbone takes any number of pictures, or one.", $"{source}: {count}", "Export the network with a first dimension that varies.");
        }

        var single = new Backbone(entry, BackboneNetwork.Prepare(model, entry, source, freeBatch: false), sha256);
        return BatchTrial.Agree(single, free) ? free : single;
    }

    /// <summary>The network's nodes from <c>float32 [N, 3, h, w]</c> to the embedding, with the preparation of pixels.</summary>
    internal string AppendTo(OnnxComposer graph, string pixels)
    {
        graph.Prefix = "prepare/";
        var prepared = ImageGraphs.Normalise(graph, pixels, Entry, Parts.InputType);
        graph.Prefix = "backbone/";
        return graph.Append(Parts.Network, new Dictionary<string, string>(StringComparer.Ordinal) { [Parts.Input] = prepared })[BackboneNetwork.NetworkOutput];
    }

    /// <summary>The dimensions of a batch of so many pictures.</summary>
    internal OnnxDimension[] BatchShape(OnnxDimension count) => [count, 3, Entry.Height, Entry.Width];

    /// <summary>How many pictures a batch has: any number, or one.</summary>
    internal OnnxDimension BatchCount => TakesBatches ? "N" : 1;

    private byte[] MakeResizer()
    {
        var graph = new OnnxComposer("resizer") { Prefix = "resize/" };
        var image = graph.Input(ImageInput, TensorProto.Types.DataType.Uint8, "height", "width", 3);
        graph.Output(PixelsOutput, ImageGraphs.Resize(graph, image, Entry), TensorProto.Types.DataType.Float, BatchShape(1));
        return graph.Build().ToBytes();
    }

    private byte[] MakeEmbedder()
    {
        var graph = new OnnxComposer("embedder", OnnxComposer.OpsetOf(Parts.Network));
        var batch = graph.Input(BatchInput, TensorProto.Types.DataType.Float, BatchShape(BatchCount));
        graph.Output(BackboneNetwork.EmbeddingName, AppendTo(graph, batch), TensorProto.Types.DataType.Float, BatchCount, EmbeddingSize is { } size ? size : "D");
        return graph.Build().ToBytes();
    }

    private string MakeHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(ResizerModel.Span);
        hash.AppendData(EmbedderModel.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
