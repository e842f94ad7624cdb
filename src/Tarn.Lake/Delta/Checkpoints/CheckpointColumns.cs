namespace Tarn.Lake;

/// <summary>The columns of a checkpoint (protocol, "Checkpoint Schema"), as SQL over the tables of <see cref="CheckpointRows"/>.</summary>
internal sealed class CheckpointColumns(LogState state, CheckpointPolicy policy)
{
    private const string Map = "\"MAP(VARCHAR, VARCHAR)\"";

    /// <summary>The actions that are few, as the structure that DuckDB's json_transform takes.</summary>
    private const string Few = $$"""
        {"txn": {"appId": "VARCHAR", "version": "BIGINT", "lastUpdated": "BIGINT"},
         "metaData": {"id": "VARCHAR", "name": "VARCHAR", "description": "VARCHAR", "format": {"provider": "VARCHAR", "options": {{Map}} }, "schemaString": "VARCHAR",
                 "partitionColumns": ["VARCHAR"], "configuration": {{Map}}, "createdTime": "BIGINT" },
         "protocol": {"minReaderVersion": "INTEGER", "minWriterVersion": "INTEGER", "readerFeatures": ["VARCHAR"], "writerFeatures": ["VARCHAR"] },
         "domainMetadata": {"domain": "VARCHAR", "configuration": "VARCHAR", "removed": "BOOLEAN"} }
        """;

    private const string FewOfV2 = $$"""
        {"checkpointMetadata": {"version": "BIGINT", "tags": {{Map}} },
         "sidecar": {"path": "VARCHAR", "sizeInBytes": "BIGINT", "modificationTime": "BIGINT", "tags": {{Map}} } }
        """;

    private const string Vector = """
        CASE WHEN dv_storage IS NOT NULL THEN struct_pack("storageType" := dv_storage, "pathOrInlineDv" := dv_path, "offset" := dv_offset, "sizeInBytes" := dv_size,
        "cardinality" := dv_cardinality, "maxRowIndex" := dv_most) END
        """;

    /// <summary>All rows of a checkpoint's own file.</summary>
    public string All(bool v2)
    {
        var more = v2 ? $", unnest(json_transform(line, {SqlNames.Text(FewOfV2)}))" : "";
        return $"SELECT unnest(json_transform(line, {SqlNames.Text(Few)})){more} FROM temp.main.{CheckpointRows.Lines} UNION ALL BY NAME {Rows()}";
    }

    /// <summary>The rows of a sidecar.</summary>
    public string Rows() => $"SELECT CASE WHEN added THEN {Add()} END AS \"add\", CASE WHEN NOT added THEN {Remove} END AS \"remove\" FROM temp.main.{CheckpointRows.Table}";

    private const string Remove = $"""
        struct_pack("path" := path, "deletionTimestamp" := removed_at, "dataChange" := false, "extendedFileMetadata" := extended, "partitionValues" := {Values},
        "size" := size, "deletionVector" := {Vector}, "baseRowId" := base_row_id, "defaultRowCommitVersion" := row_commit_version)
        """;

    private const string Values = "json_transform(partition_values, '\"MAP(VARCHAR, VARCHAR)\"')";

    private string Add()
    {
        var stats = policy.StatsAsJson ? "\"stats\" := stats, " : "";
        var parsed = policy.StatsAsStruct ? Parsed() : "";
        return $"""
            struct_pack("path" := path, "partitionValues" := {Values}, "size" := size, "modificationTime" := modified, "dataChange" := false, {stats}
            "tags" := json_transform(tags, '{Map}'), "deletionVector" := {Vector}, "baseRowId" := base_row_id, "defaultRowCommitVersion" := row_commit_version,
            "clusteringProvider" := clustering{parsed})
            """;
    }

    private string Parsed()
    {
        var statistics = StatisticsStructure.Of(state);
        var text = $", \"stats_parsed\" := json_transform(stats, {SqlNames.Text(statistics)})";
        if (state.PartitionFields.Count > 0)
        {
            var values = state.PartitionFields.Select(static f => $"{SqlNames.Quote(f.PhysicalName)} := TRY_CAST({Values}[{SqlNames.Text(f.PhysicalName)}] AS {SqlNames.Type(f.Type.Logical)})");
            text += $", \"partitionValues_parsed\" := struct_pack({string.Join(", ", values)})";
        }

        return text;
    }
}
