using System.Globalization;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Which tables this version reads and writes (protocol, "Table Features"). What it does not know it refuses by name.</summary>
internal static class TableProtocol
{
    private const int FeatureReader = 3;
    private const int FeatureWriter = 7;
    private const string MappingProperty = "delta.columnMapping.mode";

    /// <summary>What this version writes whenever it is in use.</summary>
    private static readonly HashSet<string> Writable = new(StringComparer.Ordinal)
    {
        TableFeature.TimestampNtz, TableFeature.VacuumProtocolCheck, TableFeature.AppendOnly, TableFeature.Invariants,
        TableFeature.V2Checkpoint, TableFeature.InCommitTimestamp, TableFeature.DomainMetadata,
        TableFeature.CheckConstraints, TableFeature.ChangeDataFeed, TableFeature.ColumnMapping, TableFeature.DeletionVectors, TableFeature.TypeWidening,

        // Files may go and be packed; rows that a writer would have to compute are refused (RequireMayAdd).
        TableFeature.GeneratedColumns, TableFeature.IdentityColumns,
    };

    /// <summary>What our own new tables ask for: readable by every engine.</summary>
    public static ProtocolAction New { get; } = new(1, 2);

    /// <summary>Whether the table has the feature, by name or by its version.</summary>
    public static bool HasFeature(ProtocolAction protocol, string feature) => Features(protocol).Contains(feature);

    /// <summary>The protocol with further features. Versions of before features become the features that they stand for.</summary>
    public static ProtocolAction With(ProtocolAction protocol, params IEnumerable<string> features)
    {
        var missing = features.Where(f => !HasFeature(protocol, f)).Distinct(StringComparer.Ordinal).ToList();
        if (missing.Count == 0)
        {
            return protocol;
        }

        // Writer version 5 allows column mapping only together with reader version 2.
        var kept = Features(protocol).Where(f => f != TableFeature.ColumnMapping || protocol.MinReaderVersion >= 2);
        var writer = kept.Concat(missing).Order(StringComparer.Ordinal).ToList();
        var reader = writer.Where(TableFeature.ConcernsReaders).ToList();
        return protocol.MinReaderVersion < FeatureReader && !missing.Exists(TableFeature.ConcernsReaders)
            ? new ProtocolAction(protocol.MinReaderVersion, FeatureWriter, null, writer)
            : new ProtocolAction(FeatureReader, FeatureWriter, reader, writer);
    }

    /// <summary>How the table's columns are found in its files.</summary>
    /// <exception cref="TarnException">The mode is none of the protocol's.</exception>
    public static ColumnMapping Mapping(MetadataAction metadata) => metadata.Configuration.GetValueOrDefault(MappingProperty) switch
    {
        null or "none" => ColumnMapping.None,
        "name" => ColumnMapping.Name,
        "id" => ColumnMapping.Id,
        var other => throw new TarnException(ErrorKind.Unsupported, $"{MappingProperty} is none, name or id.", other, "Use an engine that knows this mode."),
    };

    /// <exception cref="TarnException">It asks for a reader that this version is not.</exception>
    public static void RequireReadable(ProtocolAction protocol)
    {
        if (protocol.MinReaderVersion is < 1 or > FeatureReader)
        {
            throw Refuse($"The table asks for Delta reader version {protocol.MinReaderVersion}; this version reads 1 to {FeatureReader}.", protocol.MinReaderVersion, "reads");
        }

        foreach (var feature in protocol.MinReaderVersion == FeatureReader ? protocol.ReaderFeatures ?? [] : [])
        {
            if (!TableFeature.IsReadable(feature))
            {
                throw Refuse("The table uses a Delta feature that this version does not read.", feature, "reads");
            }
        }
    }

    /// <exception cref="TarnException">Protocol and metadata together ask for a reader that this version is not.</exception>
    public static void RequireReadable(ProtocolAction protocol, MetadataAction metadata)
    {
        RequireReadable(protocol);
        if (metadata.FormatProvider != "parquet")
        {
            throw Refuse("A Delta table's data files are Parquet.", metadata.FormatProvider, "reads");
        }
    }

    /// <exception cref="TarnException">The table can be read but not written by this version.</exception>
    public static void RequireWritable(LogState state)
    {
        var protocol = state.Protocol!;
        if (protocol.MinWriterVersion is < 1 or > FeatureWriter)
        {
            throw Refuse($"The table asks for Delta writer version {protocol.MinWriterVersion}; this version writes 1 to {FeatureWriter}.", protocol.MinWriterVersion, "writes");
        }

        foreach (var feature in Features(protocol))
        {
            if (!Writable.Contains(feature) && IsInUse(feature, state))
            {
                throw Refuse("The table uses a Delta feature that this version does not write.", feature, "writes");
            }
        }
    }

    /// <exception cref="TarnException">The table has columns whose values the writer makes, which this version does not.</exception>
    public static void RequireMayAdd(string table, LogState state)
    {
        foreach (var field in state.Fields.Fields)
        {
            if (HasFeature(state.Protocol!, TableFeature.GeneratedColumns) && field.GenerationExpression is { } expression)
            {
                throw new TarnException(
                    ErrorKind.Unsupported, $"Column {field.Name} of table {table} is generated, and this version writes no rows of such tables.", expression, "Write it with an engine that computes the column.");
            }

            if (HasFeature(state.Protocol!, TableFeature.IdentityColumns) && field.IsIdentity)
            {
                throw new TarnException(
                    ErrorKind.Unsupported, $"Column {field.Name} of table {table} is an identity column, and this version writes no rows of such tables.", field.Name, "Write it with an engine that numbers the rows.");
            }
        }
    }

    /// <exception cref="TarnException">The table's rows are never changed nor removed (property <c>delta.appendOnly</c>).</exception>
    public static void RequireMayRemove(string table, LogState state)
    {
        if (HasFeature(state.Protocol!, TableFeature.AppendOnly) && string.Equals(state.Metadata!.Configuration.GetValueOrDefault("delta.appendOnly"), "true", StringComparison.OrdinalIgnoreCase))
        {
            throw TarnException.Conflict($"Rows of table {table} are added, never changed or removed.", "delta.appendOnly is true", "Set the table's property delta.appendOnly to false first.");
        }
    }

    /// <summary>A feature that the protocol allows and the table does not use stands in nobody's way; where it is unknown, that cannot be told.</summary>
    private static bool IsInUse(string feature, LogState state)
    {
        var configuration = state.Metadata!.Configuration;
        return feature switch
        {
            TableFeature.CheckConstraints => configuration.Keys.Any(static k => k.StartsWith("delta.constraints.", StringComparison.Ordinal)),
            TableFeature.ChangeDataFeed => IsOn("delta.enableChangeDataFeed"),
            TableFeature.GeneratedColumns => state.Fields.Fields.Any(static f => f.GenerationExpression is not null),
            TableFeature.IdentityColumns => state.Fields.Fields.Any(static f => f.IsIdentity),
            TableFeature.ColumnMapping => state.Mapping != ColumnMapping.None,
            _ => true,
        };

        bool IsOn(string property) => string.Equals(configuration.GetValueOrDefault(property), "true", StringComparison.OrdinalIgnoreCase);
    }

    private static IReadOnlyList<string> Features(ProtocolAction protocol) =>
        protocol.MinWriterVersion == FeatureWriter ? protocol.WriterFeatures ?? [] : TableFeature.OfWriterVersion(protocol.MinWriterVersion);

    private static TarnException Refuse(string rule, object value, string verb) =>
        new(ErrorKind.Unsupported, rule, string.Create(CultureInfo.InvariantCulture, $"{value}"), $"Use an engine that {verb} it.");
}
