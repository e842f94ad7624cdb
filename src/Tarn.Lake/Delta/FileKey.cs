namespace Tarn.Lake;

/// <summary>What names a data file in a version's state (protocol, "Action Reconciliation"): its path and the id of its deletion vector.</summary>
internal static class FileKey
{
    /// <summary>The key; two spellings of one absolute path have one.</summary>
    public static string Of(string path, DeletionVectorDescriptor? vector)
    {
        var canonical = LogPath.Canonical(path);
        return vector is null ? canonical : $"{canonical}\0{vector.UniqueId}";
    }
}
