namespace Tarn.Registry;

/// <summary>A file or a folder of artifacts.</summary>
/// <param name="Path">Its path, relative to the folder of the run or the version that it belongs to.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
/// <param name="Size">A file's length in bytes; null of a folder.</param>
public sealed record ArtifactEntry(string Path, bool IsFolder, long? Size);

/// <summary>A file of a model version.</summary>
/// <param name="Path">Its path in the version's folder, such as <c>model.onnx</c>.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Sha256">The SHA-256 of its bytes, 64 lower-case hexadecimal digits.</param>
public sealed record ModelFile(string Path, long Size, string Sha256);
