namespace Tarn.Lake;

/// <summary>Where a file's deletion vector is (protocol, "Deletion Vector Descriptor Schema").</summary>
/// <param name="StorageType"><c>u</c>: a file of the table named by a UUID; <c>i</c>: inline; <c>p</c>: a file by its absolute path.</param>
/// <param name="PathOrInlineDv">The UUID in Z85 after an optional prefix, the vector in Z85, or the path.</param>
/// <param name="Offset">Where in the file its size stands, in bytes; null is 0.</param>
/// <param name="SizeInBytes">The vector's length, without its size and checksum.</param>
/// <param name="Cardinality">How many rows it deletes.</param>
internal sealed record DeletionVectorDescriptor(string StorageType, string PathOrInlineDv, int? Offset, int SizeInBytes, long Cardinality)
{
    public long? MaxRowIndex { get; init; }

    /// <summary>What tells it from every other (protocol, "Derived Fields").</summary>
    public string UniqueId => Offset is { } offset ? FormattableString.Invariant($"{StorageType}{PathOrInlineDv}@{offset}") : StorageType + PathOrInlineDv;
}
