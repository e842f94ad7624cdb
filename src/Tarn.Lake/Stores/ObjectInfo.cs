namespace Tarn.Lake;

/// <summary>One object of a store, as a listing or a look-up tells it.</summary>
/// <param name="Path">Its path in the store, with <c>/</c> between the parts.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="LastModified">When it was last written, by the store's own clock.</param>
public readonly record struct ObjectInfo(string Path, long Size, DateTimeOffset LastModified);
