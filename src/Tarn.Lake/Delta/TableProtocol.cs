using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Which tables this version reads and writes (protocol, "Table Features"). What it does not know it refuses by name.</summary>
internal static class TableProtocol
{
    public const string TimestampNtz = "timestampNtz";

    private const int FeatureReader = 3;
    private const int FeatureWriter = 7;
    private const string MappingProperty = "delta.columnMapping.mode";

    private static readonly HashSet<string> Readable = new(StringComparer.Ordinal) { TimestampNtz, "vacuumProtocolCheck" };
    private static readonly HashSet<string> Writable = new(StringComparer.Ordinal) { TimestampNtz, "vacuumProtocolCheck", "appendOnly", "invariants" };

    /// <summary>What our own new tables ask for: readable by every engine.</summary>
    public static ProtocolAction New { get; } = new(1, 2);

    /// <summary>What our own tables with columns of type timestamp_ntz ask for.</summary>
    public static ProtocolAction NewWithoutZone { get; } = new(FeatureReader, FeatureWriter, [TimestampNtz], ["appendOnly", "invariants", TimestampNtz]);

    public static bool HasFeature(ProtocolAction protocol, string feature) => protocol.WriterFeatures?.Contains(feature) ?? false;

    /// <exception cref="TarnException">It asks for a reader that this version is not.</exception>
    public static void RequireReadable(ProtocolAction protocol)
    {
        if (protocol.MinReaderVersion > FeatureReader)
        {
            throw Refuse($"The table asks for Delta reader version {protocol.MinReaderVersion}; this version reads 1 to {FeatureReader}.", $"{protocol.MinReaderVersion}", "reads");
        }

        foreach (var feature in protocol.MinReaderVersion == FeatureReader ? protocol.ReaderFeatures ?? [] : [])
        {
            if (!Readable.Contains(feature))
            {
                throw Refuse("The table uses a Delta feature that this version does not read.", feature, "reads");
            }
        }
    }

    /// <exception cref="TarnException">Protocol and metadata together ask for a reader that this version is not.</exception>
    public static void RequireReadable(ProtocolAction protocol, MetadataAction metadata)
    {
        RequireReadable(protocol);
        if (protocol.MinReaderVersion >= 2 && metadata.Configuration.GetValueOrDefault(MappingProperty) is { } mode and not "none")
        {
            throw Refuse("The table uses a Delta feature that this version does not read.", $"columnMapping ({mode})", "reads");
        }

        if (metadata.FormatProvider != "parquet")
        {
            throw Refuse("A Delta table's data files are Parquet.", metadata.FormatProvider, "reads");
        }
    }

    /// <exception cref="TarnException">The table can be read but not written by this version.</exception>
    public static void RequireWritable(ProtocolAction protocol, MetadataAction metadata)
    {
        if (protocol.MinWriterVersion is > 2 and not FeatureWriter)
        {
            throw Refuse($"The table asks for Delta writer version {protocol.MinWriterVersion}; this version writes 1, 2 and 7.", $"{protocol.MinWriterVersion}", "writes");
        }

        foreach (var feature in protocol.MinWriterVersion == FeatureWriter ? protocol.WriterFeatures ?? [] : [])
        {
            if (!Writable.Contains(feature))
            {
                throw Refuse("The table uses a Delta feature that this version does not write.", feature, "writes");
            }
        }

        if (metadata.SchemaString.Contains("\"delta.invariants\"", StringComparison.Ordinal))
        {
            throw Refuse("The table has column invariants, which this version does not check.", "delta.invariants", "writes");
        }
    }

    private static TarnException Refuse(string rule, string value, string verb) =>
        new(ErrorKind.Unsupported, rule, value, $"Use an engine that {verb} it.");
}
