namespace Tarn.Contracts;

/// <summary>The names of all rules that the validator knows; each has a test that breaks it.</summary>
internal static class DeltaRules
{
    public static IReadOnlySet<string> All { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "action-field", "action-twice", "add-other-vector", "append-only", "cdc-data-change", "cdc-missing", "cdc-rows", "cdc-type", "checkpoint-action",
        "checkpoint-content", "checkpoint-early", "checkpoint-form", "checkpoint-parsed", "checkpoint-row", "checkpoint-sidecar", "checkpoint-tombstone",
        "checkpoint-unreadable", "checksum", "cleanup", "column-mapping", "commit-line", "compaction", "constraint", "data-change", "deletion-vector",
        "feature-missing", "file-column", "file-field-id", "file-missing", "file-physical-name", "file-size", "file-type", "file-unreadable", "first-commit",
        "hidden-path", "in-commit-timestamp", "last-checkpoint", "log-empty", "log-name", "metadata-format", "metadata-id", "not-null", "partition-column",
        "partition-value", "partition-values", "protocol-feature-lost", "protocol-features", "protocol-unknown-feature", "protocol-version", "remove-unknown",
        "schema-names", "stats-column", "stats-json", "stats-max", "stats-min", "stats-null-count", "stats-num-records", "txn-order", "type-change",
        "unknown-action", "unreadable", "vector-not-enabled", "version-missing",
    };
}
