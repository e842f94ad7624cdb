using System.Globalization;
using System.Text.Json;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>Makes signatures; what they say of the models is read from the models.</summary>
internal static class ModelSignatures
{
    private const int ExampleSide = 4;

    public static byte[] Make(ImageModelFiles files, Backbone backbone, TrainedHead head)
    {
        using var single = OnnxSession.FromBytes(files.Model.Span, new OnnxSessionOptions { Name = ImageModelFiles.ModelName });
        using var batch = OnnxSession.FromBytes(files.BatchModel.Span, new OnnxSessionOptions { Name = ImageModelFiles.BatchModelName });
        var example = Example(single);
        CheckBatch(batch, backbone, example);
        var signature = new ModelSignature(
            1,
            head.Classes,
            [
                Describe(files.Model, ImageModelFiles.ModelName, "a decoded picture of any size, row by row: red, green, blue"),
                Describe(files.BatchModel, ImageModelFiles.BatchModelName, "pictures in the backbone's size, pixels of 0 to 255: the planes of red, green, blue"),
            ],
            example,
            new SignatureBackbone(backbone.Entry.Name, backbone.Sha256, backbone.Hash, backbone.Entry.Width, backbone.Entry.Height, Preparation(backbone.Entry)));
        return JsonSerializer.SerializeToUtf8Bytes(signature, SignatureJson.Default.ModelSignature);
    }

    public static string Preparation(BackboneEntry entry)
    {
        static string Numbers(IReadOnlyList<double> values) => string.Join(", ", values.Select(static v => v.ToString(CultureInfo.InvariantCulture)));
        var size = entry.Resize == ResizePolicy.Stretch
            ? string.Create(CultureInfo.InvariantCulture, $"both sides to {entry.Width} × {entry.Height}")
            : string.Create(CultureInfo.InvariantCulture, $"shorter side to {entry.EffectiveShortSide}, middle {entry.Width} × {entry.Height}");
        return $"{size}; {entry.Channels.ToString().ToLowerInvariant()}; (x × {entry.Scale.ToString(CultureInfo.InvariantCulture)} − [{Numbers(entry.Mean)}]) ÷ [{Numbers(entry.Std)}]; {entry.Layout.ToString().ToLowerInvariant()}";
    }

    /// <summary>A picture of four by four pixels, all different.</summary>
    private static SignatureExample Example(OnnxSession session)
    {
        var pixels = new byte[ExampleSide * ExampleSide * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)(i * 37 % 251);
        }

        var (probabilities, label) = Run(session, OnnxValue.FromMemory<byte>(pixels, ExampleSide, ExampleSide, 3));
        return new SignatureExample(
            [.. pixels.Chunk(ExampleSide * 3).Select(static row => (IReadOnlyList<IReadOnlyList<int>>)[.. row.Chunk(3).Select(static p => (IReadOnlyList<int>)[.. p.Select(static b => (int)b)])])],
            probabilities,
            label);
    }

    /// <summary>The batch model on the same picture, resized by the backbone's own graph, says the same.</summary>
    private static void CheckBatch(OnnxSession session, Backbone backbone, SignatureExample example)
    {
        using var resizer = OnnxSession.FromBytes(backbone.ResizerModel.Span);
        byte[] image = [.. example.Image.SelectMany(static r => r).SelectMany(static p => p).Select(static v => (byte)v)];
        using var value = OnnxValue.FromMemory<byte>(image, ExampleSide, ExampleSide, 3);
        using var pixels = resizer.Run(new Dictionary<string, OnnxValue> { [Backbone.ImageInput] = value });
        var (probabilities, _) = Run(session, pixels[0]);
        for (var c = 0; c < probabilities.Length; c++)
        {
            if (!(Math.Abs(probabilities[c] - example.Probabilities[c]) <= ImageModel.Tolerance))
            {
                throw TarnException.Corrupt(
                    "A model and its batch variant agree.", string.Create(CultureInfo.InvariantCulture, $"{example.Probabilities[c]} and {probabilities[c]} for class {c}"), "Check the backbone with `tarn backbones check`.");
            }
        }
    }

    private static (float[] Probabilities, string Label) Run(OnnxSession session, OnnxValue input)
    {
        using var outputs = session.Run(new Dictionary<string, OnnxValue> { [session.Inputs[0].Name] = input });
        return (outputs[0].ToArray<float>(), outputs[1].GetStrings()[0]);
    }

    private static SignatureModel Describe(ReadOnlyMemory<byte> bytes, string name, string input)
    {
        var graph = OnnxModel.Read(bytes.Span, name).Graph;
        return new SignatureModel(
            name,
            OnnxModel.Sha256(bytes.Span),
            [.. graph.Input.Select(i => Describe(i, input))],
            [.. graph.Output.Select(static o => Describe(o, o.Name == HeadGraph.Label ? "the label of the greatest probability" : "a probability for each label, in their order"))]);
    }

    private static SignatureTensor Describe(ValueInfoProto port, string description) => new(
        port.Name,
        OnnxTensors.TypeName(OnnxPorts.ElementType(port))!,
        [.. port.Type.TensorType.Shape.Dim.Select(static d => d.HasDimValue ? (object)d.DimValue : d.DimParam)],
        description);
}
