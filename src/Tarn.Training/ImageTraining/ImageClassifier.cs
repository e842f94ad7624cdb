using System.Text.Json;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>What a model says of a picture.</summary>
/// <param name="Label">The likeliest class, as the model itself says.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="Probabilities">A probability for each of the model's labels, in their order.</param>
public sealed record ImagePrediction(string Label, float Probability, IReadOnlyList<float> Probabilities);

/// <summary>
/// Runs an exported image model: a file's bytes are decoded and go into <c>model.onnx</c>, and its answer comes out. Nothing is done to pixels or probabilities here.
/// Safe for use from several threads; dispose it to free the model.
/// </summary>
public sealed class ImageClassifier : IDisposable
{
    private readonly OnnxSession _session;
    private readonly string _name;

    private ImageClassifier(OnnxSession session, IReadOnlyList<string> labels, string name) => (_session, Labels, _name) = (session, labels, name);

    /// <summary>The classes, in the order of the probabilities.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="model">The bytes of <c>model.onnx</c>.</param>
    /// <param name="signature">The bytes of <c>signature.json</c>; its SHA-256 of the model must be the model's.</param>
    /// <param name="name">What the model is called in errors.</param>
    /// <param name="threads">Threads for the work of one call; null for the process' pool.</param>
    /// <exception cref="TarnException">The signature is none or another model's, or ONNX Runtime refuses the model.</exception>
    public static ImageClassifier FromBytes(ReadOnlySpan<byte> model, ReadOnlySpan<byte> signature, string name, int? threads = null)
    {
        ModelSignature read;
        try
        {
            read = JsonSerializer.Deserialize(signature, SignatureJson.Default.ModelSignature) ?? throw new JsonException("null");
        }
        catch (JsonException error)
        {
            throw TarnException.Corrupt("A model's signature.json is JSON of its form.", $"{name}: {error.Message}", "Train or register the model again.", error);
        }

        var sha256 = OnnxModel.Sha256(model);
        if (read.Models?.FirstOrDefault(static m => m.File == ImageModelFiles.ModelName)?.Sha256 is { } expected && expected != sha256)
        {
            throw TarnException.Corrupt("A model is the one that its signature describes.", $"{name}: model.onnx has the SHA-256 {sha256}, signature.json says {expected}", "Train or register the model again.");
        }

        if (read.Labels is not { Count: >= 2 })
        {
            throw TarnException.Corrupt("A model's signature.json names its labels, at least two.", name, "Train or register the model again.");
        }

        // Pictures differ in size from one to the next: a memory plan of the last one is of no use.
        var session = OnnxSession.FromBytes(model, new OnnxSessionOptions { Name = name, UseMemoryPattern = false, IntraOpThreads = threads });
        if (session.Inputs.Any(static i => i.Name == Backbone.ImageInput) && session.Outputs.Any(static o => o.Name == HeadGraph.Probabilities) && session.Outputs.Any(static o => o.Name == HeadGraph.Label))
        {
            return new ImageClassifier(session, read.Labels, name);
        }

        var found = string.Join(", ", session.Inputs.Select(static i => i.Name).Concat(session.Outputs.Select(static o => o.Name)));
        session.Dispose();
        throw TarnException.InvalidInput($"An image model takes `{Backbone.ImageInput}` and gives `{HeadGraph.Probabilities}` and `{HeadGraph.Label}`.", $"{name}: {found}", "Register an image model.");
    }

    /// <summary>What the model says of a decoded picture.</summary>
    public ImagePrediction Classify(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var input = OnnxValue.FromMemory(image.Pixels, image.Height, image.Width, 3);
        using var outputs = _session.Run(new Dictionary<string, OnnxValue> { [Backbone.ImageInput] = input });
        var probabilities = outputs[HeadGraph.Probabilities].ToArray<float>();
        var label = outputs[HeadGraph.Label].GetStrings()[0];
        var place = Enumerable.Range(0, Labels.Count).FirstOrDefault(i => Labels[i] == label, -1);
        return place >= 0 && probabilities.Length == Labels.Count
            ? new ImagePrediction(label, probabilities[place], probabilities)
            : throw TarnException.Corrupt("A model answers with its labels.", $"{_name}: {label}, {probabilities.Length} probabilities for {string.Join(", ", Labels)}", "Train or register the model again.");
    }

    /// <summary>What the model says of a picture's file.</summary>
    /// <param name="file">The file's bytes: JPEG, PNG, WebP or GIF.</param>
    /// <param name="limits">What the picture may cost; null for the defaults.</param>
    /// <exception cref="TarnException">The file is no picture, damaged, or over a limit.</exception>
    public ImagePrediction Classify(ReadOnlySpan<byte> file, ImageLimits? limits = null) =>
        Classify(ImageCodec.Decode(file, limits is null ? null : new ImageDecodeOptions { Limits = limits }));

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
