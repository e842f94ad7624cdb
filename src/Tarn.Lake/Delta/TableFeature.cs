namespace Tarn.Lake;

/// <summary>Names of table features (protocol, "Valid Feature Names in Table Features").</summary>
internal static class TableFeature
{
    public const string AppendOnly = "appendOnly";
    public const string Invariants = "invariants";
    public const string CheckConstraints = "checkConstraints";
    public const string ChangeDataFeed = "changeDataFeed";
    public const string GeneratedColumns = "generatedColumns";
    public const string IdentityColumns = "identityColumns";
    public const string ColumnMapping = "columnMapping";
    public const string DeletionVectors = "deletionVectors";
    public const string TimestampNtz = "timestampNtz";
    public const string V2Checkpoint = "v2Checkpoint";
    public const string VacuumProtocolCheck = "vacuumProtocolCheck";
    public const string TypeWidening = "typeWidening";
    public const string TypeWideningPreview = "typeWidening-preview";
    public const string InCommitTimestamp = "inCommitTimestamp";
    public const string DomainMetadata = "domainMetadata";

    private static readonly HashSet<string> Readers = new(StringComparer.Ordinal)
    {
        ColumnMapping, DeletionVectors, TimestampNtz, V2Checkpoint, VacuumProtocolCheck, TypeWidening, TypeWideningPreview,
    };

    /// <summary>Whether readers, too, must know the feature.</summary>
    public static bool ConcernsReaders(string feature) => Readers.Contains(feature);

    /// <summary>Whether this version reads tables that use the feature. Features of writers alone do not matter to a reader.</summary>
    public static bool IsReadable(string feature) => Readers.Contains(feature);

    /// <summary>The features that a writer version below 7 stands for.</summary>
    public static IReadOnlyList<string> OfWriterVersion(int version)
    {
        List<string> features = [];
        if (version >= 2)
        {
            features.AddRange([AppendOnly, Invariants]);
        }

        if (version >= 3)
        {
            features.Add(CheckConstraints);
        }

        if (version >= 4)
        {
            features.AddRange([ChangeDataFeed, GeneratedColumns]);
        }

        if (version >= 5)
        {
            features.Add(ColumnMapping);
        }

        if (version >= 6)
        {
            features.Add(IdentityColumns);
        }

        return features;
    }
}
