using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Brings what a checkpoint holds into tables of DuckDB.</summary>
internal static class CheckpointRows
{
    /// <summary>The few actions, a JSON line each.</summary>
    public const string Lines = "checkpoint_lines";

    /// <summary>Files and removals.</summary>
    public const string Table = "checkpoint_files";

    private const string Create = $"""
        CREATE OR REPLACE TEMP TABLE {Lines} (line VARCHAR);
        CREATE OR REPLACE TEMP TABLE {Table} (added BOOLEAN, path VARCHAR, partition_values VARCHAR, size BIGINT, modified BIGINT, stats VARCHAR, tags VARCHAR,
            dv_storage VARCHAR, dv_path VARCHAR, dv_offset INTEGER, dv_size INTEGER, dv_cardinality BIGINT, dv_most BIGINT, base_row_id BIGINT, row_commit_version BIGINT,
            clustering VARCHAR, removed_at BIGINT, extended BOOLEAN)
        """;

    /// <summary>Copies the rows of a query over the tables into a Parquet file.</summary>
    public static bool Copy(DuckDbConnection connection, CheckpointContent content, string sql, string path)
    {
        connection.Execute(Create);
        try
        {
            LoadLines(connection, content.Few);
            LoadFiles(connection, content);

            // Small row groups: a reader, and DuckDB when it writes, holds one at a time in memory.
            connection.Execute($"COPY ({sql}) TO {SqlNames.Text(path)} (FORMAT parquet, COMPRESSION snappy, USE_TMP_FILE false, ROW_GROUP_SIZE 10240)");
            return true;
        }
        finally
        {
            connection.Execute($"DROP TABLE IF EXISTS temp.main.{Lines}; DROP TABLE IF EXISTS temp.main.{Table}");
        }
    }

    private static void LoadLines(DuckDbConnection connection, IReadOnlyList<DeltaAction> actions)
    {
        using var appender = connection.Append(Lines, "main", "temp");
        using var writer = new ActionWriter();
        for (var start = 0; start < actions.Count; start += DuckDbChunk.Capacity)
        {
            var count = Math.Min(DuckDbChunk.Capacity, actions.Count - start);
            for (var i = 0; i < count; i++)
            {
                writer.Clear();
                writer.Add(actions[start + i]);
                appender.Column(0).SetBytes(i, writer.Written.Span);
            }

            appender.Append(count);
        }

        appender.Flush();
    }

    private static void LoadFiles(DuckDbConnection connection, CheckpointContent content)
    {
        using var appender = connection.Append(Table, "main", "temp");
        var row = new CheckpointRow(appender);
        foreach (var file in content.Files)
        {
            row.Add(file.Action);
        }

        foreach (var tombstone in content.Tombstones)
        {
            row.Add(tombstone);
        }

        row.Flush();
    }
}
