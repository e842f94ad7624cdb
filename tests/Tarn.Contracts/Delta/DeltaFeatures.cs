using System.Text.Json;

namespace Tarn.Contracts;

/// <summary>Table features: which there are, and what of a table needs which.</summary>
internal static class DeltaFeatures
{
    // The writer version from which a feature is supported without lists, or 0 where only by them.
    private static readonly Dictionary<string, int> Writer = new(StringComparer.Ordinal)
    {
        ["appendOnly"] = 2,
        ["invariants"] = 2,
        ["checkConstraints"] = 3,
        ["generatedColumns"] = 4,
        ["changeDataFeed"] = 4,
        ["identityColumns"] = 6,
        ["allowColumnDefaults"] = 0,
        ["rowTracking"] = 0,
        ["domainMetadata"] = 0,
        ["icebergCompatV1"] = 0,
        ["icebergCompatV2"] = 0,
        ["clustering"] = 0,
        ["inCommitTimestamp"] = 0,
        ["materializePartitionColumns"] = 0,
    };

    private static readonly Dictionary<string, int> ReaderWriter = new(StringComparer.Ordinal)
    {
        ["columnMapping"] = 5,
        ["deletionVectors"] = 0,
        ["timestampNtz"] = 0,
        ["v2Checkpoint"] = 0,
        ["vacuumProtocolCheck"] = 0,
        ["typeWidening"] = 0,
        ["typeWidening-preview"] = 0,
        ["variantType"] = 0,
        ["variantType-preview"] = 0,
        ["variantShredding"] = 0,
        ["variantShredding-preview"] = 0,
        ["catalogManaged"] = 0,
    };

    public static bool IsSupported(LoggedAction? protocol, string feature)
    {
        var version = protocol?.Number("minWriterVersion") ?? 0;
        if (version >= 7)
        {
            return (protocol!.Texts("writerFeatures") ?? []).Contains(feature) || (feature == "typeWidening" && (protocol.Texts("writerFeatures") ?? []).Contains("typeWidening-preview"));
        }

        var since = Writer.TryGetValue(feature, out var w) ? w : ReaderWriter.GetValueOrDefault(feature);
        return since > 0 && version >= since && (feature != "columnMapping" || protocol!.Number("minReaderVersion") >= 2);
    }

    public static void CheckProtocol(LoggedAction protocol, LoggedAction? before, long version, DeltaFindings findings)
    {
        var (reader, writer) = (protocol.Number("minReaderVersion"), protocol.Number("minWriterVersion"));
        var (readers, writers) = (protocol.Texts("readerFeatures"), protocol.Texts("writerFeatures"));
        findings.Require(reader is >= 1 and <= 3 && writer is >= 1 and <= 7, "protocol-version", version, $"reader {reader}, writer {writer}");
        findings.Require(reader != 3 || writer == 7, "protocol-version", version, $"reader 3 needs writer 7, not {writer}");
        findings.Require((readers is not null) == (reader == 3), "protocol-features", version, $"readerFeatures exist exactly with reader version 3, which is {reader}");
        findings.Require((writers is not null) == (writer == 7), "protocol-features", version, $"writerFeatures exist exactly with writer version 7, which is {writer}");
        foreach (var feature in readers ?? [])
        {
            findings.Require(writers?.Contains(feature) == true, "protocol-features", version, $"{feature} is a reader feature and no writer feature");
            findings.Require(!Writer.ContainsKey(feature), "protocol-features", version, $"{feature} is only for writers");
        }

        foreach (var feature in writers ?? [])
        {
            findings.Require(Writer.ContainsKey(feature) || ReaderWriter.ContainsKey(feature), "protocol-unknown-feature", version, $"{feature}");
            var forReaders = ReaderWriter.ContainsKey(feature);
            findings.Require(
                !forReaders || readers?.Contains(feature) == true || (feature == "columnMapping" && reader == 2), "protocol-features", version, $"{feature} binds readers, too, and is not among their features");
        }

        findings.Require((readers ?? []).Distinct().Count() == (readers ?? []).Count && (writers ?? []).Distinct().Count() == (writers ?? []).Count, "protocol-features", version, $"a feature is listed twice");
        foreach (var feature in Writer.Keys.Concat(ReaderWriter.Keys))
        {
            findings.Require(!IsSupported(before, feature) || writer != 7 || IsSupported(protocol, feature), "protocol-feature-lost", version, $"{feature} was supported before");
        }
    }

    /// <summary>What the metadata uses must be supported.</summary>
    public static void CheckUse(DeltaState state, long version, DeltaFindings findings)
    {
        var metadata = state.Metadata!;
        void Needs(bool used, string feature, string by) =>
            findings.Require(!used || state.Supports(feature), "feature-missing", version, $"{by} needs the feature {feature}");

        Needs(metadata.IsOn("delta.appendOnly"), "appendOnly", "delta.appendOnly");
        Needs(metadata.IsOn("delta.enableDeletionVectors"), "deletionVectors", "delta.enableDeletionVectors");
        Needs(metadata.IsOn("delta.enableChangeDataFeed"), "changeDataFeed", "delta.enableChangeDataFeed");
        Needs(metadata.Mapping != "none", "columnMapping", "delta.columnMapping.mode");
        Needs(metadata.Configuration.Keys.Any(static k => k.StartsWith("delta.constraints.", StringComparison.OrdinalIgnoreCase)), "checkConstraints", "a CHECK constraint");
        Needs(metadata.IsOn("delta.enableInCommitTimestamps"), "inCommitTimestamp", "delta.enableInCommitTimestamps");
        Needs(metadata.Configuration.GetValueOrDefault("delta.checkpointPolicy") == "v2", "v2Checkpoint", "delta.checkpointPolicy=v2");
        Needs(metadata.IsOn("delta.enableTypeWidening"), "typeWidening", "delta.enableTypeWidening");
        Needs(metadata.IsOn("delta.enableRowTracking"), "rowTracking", "delta.enableRowTracking");
        Needs(metadata.Schema.All().Any(static t => t.Kind == "timestamp_ntz"), "timestampNtz", "a column of timestamp_ntz");
        Needs(metadata.Schema.All().Any(static t => t.Kind == "variant"), "variantType", "a column of variant");
        foreach (var field in metadata.Schema.AllFields())
        {
            Needs(Has(field, "delta.invariants"), "invariants", $"the invariant of {field.Name}");
            Needs(Has(field, "delta.generationExpression"), "generatedColumns", $"the generated column {field.Name}");
            Needs(Has(field, "CURRENT_DEFAULT"), "allowColumnDefaults", $"the default of {field.Name}");
            Needs(Has(field, "delta.identity.start"), "identityColumns", $"the identity column {field.Name}");
            Needs(Has(field, "delta.typeChanges"), "typeWidening", $"the type change of {field.Name}");
        }
    }

    private static bool Has(DeltaField field, string key) => field.Metadata.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;
}
