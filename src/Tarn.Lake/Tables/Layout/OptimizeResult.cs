namespace Tarn.Lake;

/// <summary>What packing small files together did.</summary>
/// <param name="Version">The version that it made; where there was nothing to pack, the current one.</param>
/// <param name="FilesAdded">Files written.</param>
/// <param name="FilesRemoved">Files that they replace.</param>
/// <param name="BytesAdded">Length of the files written.</param>
/// <param name="BytesRemoved">Length of the files replaced.</param>
public sealed record OptimizeResult(long Version, int FilesAdded, int FilesRemoved, long BytesAdded, long BytesRemoved);
