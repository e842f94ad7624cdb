using System.Globalization;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>Puts a backbone and a head together into one model that takes pictures.</summary>
public static class ImageModel
{
    /// <summary>
    /// Makes the files of a model, and runs both once on the example to see that they load and agree. Equal parts give equal bytes of both models.
    /// </summary>
    /// <remarks>
    /// The head is computed by ONNX Runtime, <see cref="TrainedHead.Predict(FloatMatrix)"/> by this library: they add the same products in another order, so that probabilities may
    /// differ by rounding, by less than <see cref="Tolerance"/> (the sums have single precision). Everything before the head is the same graph in both.
    /// </remarks>
    /// <param name="backbone">The backbone that the head was trained on.</param>
    /// <param name="head">The head; its classes become the labels.</param>
    /// <exception cref="TarnException">The head takes another number of features than the backbone gives, or labels repeat.</exception>
    public static ImageModelFiles Export(Backbone backbone, TrainedHead head)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(head);
        if (backbone.EmbeddingSize is { } size && size != head.Inputs)
        {
            throw TarnException.InvalidInput(
                "A head takes as many features as its backbone gives.", string.Create(CultureInfo.InvariantCulture, $"{head.Inputs}, where {backbone.Entry.Name} gives {size}"), "Give the backbone that the head was trained on.");
        }

        if (head.Classes.Distinct(StringComparer.Ordinal).Count() < head.Classes.Count)
        {
            throw TarnException.InvalidInput("Each class has a name of its own.", string.Join(", ", head.Classes), "Rename them.");
        }

        var single = Single(backbone, head);
        var batch = Batch(backbone, head);
        var files = new ImageModelFiles(single, batch, default);
        return files with { Signature = ModelSignatures.Make(files, backbone, head) };
    }

    /// <summary>By how much a probability of an exported model may differ from the trainer's at most: 0.00001.</summary>
    public const float Tolerance = 1e-5f;

    private static byte[] Single(Backbone backbone, TrainedHead head)
    {
        var graph = new OnnxComposer("image_model", OnnxComposer.OpsetOf(backbone.Parts.Network)) { Prefix = "resize/" };
        var image = graph.Input(Backbone.ImageInput, TensorProto.Types.DataType.Uint8, "height", "width", 3);
        var pixels = ImageGraphs.Resize(graph, image, backbone.Entry);
        return Finish(graph, backbone, pixels, head, 1);
    }

    private static byte[] Batch(Backbone backbone, TrainedHead head)
    {
        var graph = new OnnxComposer("image_model_batch", OnnxComposer.OpsetOf(backbone.Parts.Network));
        var pixels = graph.Input(Backbone.BatchInput, TensorProto.Types.DataType.Float, backbone.BatchShape(backbone.BatchCount));
        return Finish(graph, backbone, pixels, head, backbone.BatchCount);
    }

    private static byte[] Finish(OnnxComposer graph, Backbone backbone, string pixels, TrainedHead head, OnnxDimension count)
    {
        var (probabilities, label) = HeadGraph.Append(graph, backbone.AppendTo(graph, pixels), head);
        graph.Output(HeadGraph.Probabilities, probabilities, TensorProto.Types.DataType.Float, count, head.Classes.Count);
        graph.Output(HeadGraph.Label, label, TensorProto.Types.DataType.String, count);
        return graph.Build().ToBytes();
    }
}
