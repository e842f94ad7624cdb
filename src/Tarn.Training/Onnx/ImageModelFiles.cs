namespace Tarn.Training;

/// <summary>The files of an image model: what is trained, stored, served and checked is these bytes.</summary>
/// <param name="Model">
/// <c>model.onnx</c>: from <c>image</c>, uint8 [height, width, 3] of any size, to <c>probabilities</c>, float32 [1, C], and <c>label</c>, string [1]. Resizing, scaling, backbone, head and
/// calibration are in it.
/// </param>
/// <param name="BatchModel">
/// <c>model-batch.onnx</c>: the same from <c>batch</c>, float32 [N, 3, h, w], pixels of 0 to 255 in the backbone's size, red first: what the first file's resizing gives.
/// </param>
/// <param name="Signature"><c>signature.json</c>: names, types, shapes, labels and an example of both, with the files' SHA-256.</param>
public sealed record ImageModelFiles(ReadOnlyMemory<byte> Model, ReadOnlyMemory<byte> BatchModel, ReadOnlyMemory<byte> Signature)
{
    /// <summary>The name of <see cref="Model"/>.</summary>
    public const string ModelName = "model.onnx";

    /// <summary>The name of <see cref="BatchModel"/>.</summary>
    public const string BatchModelName = "model-batch.onnx";

    /// <summary>The name of <see cref="Signature"/>.</summary>
    public const string SignatureName = "signature.json";

    /// <summary>All files by name.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> ByName => new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal)
    {
        [ModelName] = Model,
        [BatchModelName] = BatchModel,
        [SignatureName] = Signature,
    };

    /// <summary>The SHA-256 of <see cref="Model"/>: the same backbone, head and labels give the same.</summary>
    public string ModelSha256 => OnnxModel.Sha256(Model.Span);

    /// <summary>Writes the files into a folder, which is made where it is not there.</summary>
    public async Task SaveAsync(string folder, CancellationToken cancellation = default)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, bytes) in ByName)
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, name), bytes, cancellation).ConfigureAwait(false);
        }
    }
}
