using System.Text.Json.Serialization;

namespace Tarn.Training;

/// <summary>What <c>signature.json</c> says: how a model is called.</summary>
/// <param name="Format">The version of this form: 1.</param>
/// <param name="Labels">The classes, in the order of the probabilities.</param>
/// <param name="Models">The model's files.</param>
/// <param name="Example">A picture and what the model says of it.</param>
/// <param name="Backbone">The backbone, and how it wants pixels.</param>
public sealed record ModelSignature(int Format, IReadOnlyList<string> Labels, IReadOnlyList<SignatureModel> Models, SignatureExample Example, SignatureBackbone Backbone);

/// <summary>A file of a model.</summary>
/// <param name="File">Its name.</param>
/// <param name="Sha256">Its SHA-256.</param>
/// <param name="Inputs">What it takes.</param>
/// <param name="Outputs">What it gives.</param>
public sealed record SignatureModel(string File, string Sha256, IReadOnlyList<SignatureTensor> Inputs, IReadOnlyList<SignatureTensor> Outputs);

/// <summary>A tensor that a model takes or gives.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its elements: <c>uint8</c>, <c>float32</c>, <c>string</c>.</param>
/// <param name="Shape">Its dimensions: numbers, or names for those that vary.</param>
/// <param name="Description">What it means.</param>
public sealed record SignatureTensor(string Name, string Type, IReadOnlyList<object> Shape, string Description);

/// <summary>An example of a call.</summary>
/// <param name="Image">A picture: rows of pixels of red, green, blue.</param>
/// <param name="Probabilities">What the model says of it.</param>
/// <param name="Label">The label it gets.</param>
public sealed record SignatureExample(IReadOnlyList<IReadOnlyList<IReadOnlyList<int>>> Image, IReadOnlyList<float> Probabilities, string Label);

/// <summary>The backbone of a model.</summary>
/// <param name="Name">Its name in the catalogue.</param>
/// <param name="Sha256">The SHA-256 of its file.</param>
/// <param name="Hash">The hash of its preparation and network: the key of embeddings.</param>
/// <param name="Width">The width that pictures are brought to.</param>
/// <param name="Height">The height that pictures are brought to.</param>
/// <param name="Preparation">What becomes of pixels, in words.</param>
public sealed record SignatureBackbone(string Name, string Sha256, string Hash, int Width, int Height, string Preparation);

/// <summary>JSON of signatures.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(ModelSignature))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(string))]
internal sealed partial class SignatureJson : JsonSerializerContext;
