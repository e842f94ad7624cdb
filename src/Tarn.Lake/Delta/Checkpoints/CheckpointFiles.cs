using System.Globalization;
using System.Text.Json;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>Reads and writes checkpoints (protocol, "Checkpoints", V1) through DuckDB: an action's JSON is its row, and its row its JSON.</summary>
internal sealed class CheckpointFiles(ObjectStore store, ParquetFiles files)
{
    private const string Map = "\"MAP(VARCHAR, VARCHAR)\"";

    private const string Vector =
        """{"storageType": "VARCHAR", "pathOrInlineDv": "VARCHAR", "offset": "INTEGER", "sizeInBytes": "INTEGER", "cardinality": "BIGINT", "maxRowIndex": "BIGINT"}""";

    /// <summary>The checkpoint's columns (protocol, "Checkpoint Schema"), as the structure that DuckDB's json_transform takes.</summary>
    private const string Structure = $$"""
        {"txn": {"appId": "VARCHAR", "version": "BIGINT", "lastUpdated": "BIGINT"},
         "add": {"path": "VARCHAR", "partitionValues": {{Map}}, "size": "BIGINT", "modificationTime": "BIGINT", "dataChange": "BOOLEAN", "stats": "VARCHAR",
                 "tags": {{Map}}, "deletionVector": {{Vector}}, "baseRowId": "BIGINT", "defaultRowCommitVersion": "BIGINT", "clusteringProvider": "VARCHAR" },
         "remove": {"path": "VARCHAR", "deletionTimestamp": "BIGINT", "dataChange": "BOOLEAN", "extendedFileMetadata": "BOOLEAN", "partitionValues": {{Map}},
                 "size": "BIGINT", "tags": {{Map}}, "deletionVector": {{Vector}}, "baseRowId": "BIGINT", "defaultRowCommitVersion": "BIGINT" },
         "metaData": {"id": "VARCHAR", "name": "VARCHAR", "description": "VARCHAR", "format": {"provider": "VARCHAR", "options": {{Map}} }, "schemaString": "VARCHAR",
                 "partitionColumns": ["VARCHAR"], "configuration": {{Map}}, "createdTime": "BIGINT" },
         "protocol": {"minReaderVersion": "INTEGER", "minWriterVersion": "INTEGER", "readerFeatures": ["VARCHAR"], "writerFeatures": ["VARCHAR"] },
         "domainMetadata": {"domain": "VARCHAR", "configuration": "VARCHAR", "removed": "BOOLEAN"} }
        """;

    /// <summary>The actions of a checkpoint file, of one part of one, or of a sidecar.</summary>
    /// <exception cref="TarnException">It is missing or damaged; the error's value is the path.</exception>
    public async Task<List<DeltaAction>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (path.EndsWith(".json", StringComparison.Ordinal))
        {
            var content = await store.GetAsync(path, cancellationToken).ConfigureAwait(false) ?? throw Missing(path);
            try
            {
                return ActionReader.ReadCommit(content, path);
            }
            catch (TarnException e)
            {
                throw TarnException.Corrupt(e.Message, path, null, e);
            }
        }

        try
        {
            using var local = await files.OpenAsync(path, cancellationToken).ConfigureAwait(false);
            return files.Use("read a checkpoint", path, connection => new CheckpointReader(connection, local.Path, path).Read());
        }
        catch (TarnException e) when (e.Kind is ErrorKind.Unavailable or ErrorKind.NotFound)
        {
            if (await store.HeadAsync(path, cancellationToken).ConfigureAwait(false) is null)
            {
                throw Missing(path);
            }

            throw;
        }
    }

    /// <summary>Writes the state as a checkpoint of its version, and names it as the last one.</summary>
    /// <param name="log">The log to write to.</param>
    /// <param name="state">The state.</param>
    /// <param name="keepSince">Removals since then (milliseconds since the Unix epoch) are kept: VACUUM and readers of old versions need them.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public async Task WriteAsync(DeltaLog log, LogState state, long keepSince, CancellationToken cancellationToken)
    {
        var actions = Actions(state, keepSince);
        var path = log.Full(LogPath.Checkpoint(state.Version));
        var (_, written) = await files.WriteAsync(path, whole: true, (connection, local) => Copy(connection, actions, local), cancellationToken).ConfigureAwait(false);
        var last = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, long>
        {
            ["version"] = state.Version,
            ["size"] = actions.Count,
            ["sizeInBytes"] = written.Size,
            ["numOfAddFiles"] = state.Files.Count,
        });
        await store.PutAsync(log.Full(LogPath.LastCheckpoint), last, cancellationToken).ConfigureAwait(false);
    }

    private static TarnException Missing(string path) => TarnException.Corrupt("A file of a checkpoint is missing.", path);

    private static List<DeltaAction> Actions(LogState state, long keepSince)
    {
        var actions = new List<DeltaAction>(state.Files.Count + state.Tombstones.Count + state.Transactions.Count + 2) { state.Protocol!, state.Metadata! };
        actions.AddRange(state.Transactions.Values.OrderBy(static t => t.AppId, StringComparer.Ordinal));
        actions.AddRange(state.Domains.Values.OrderBy(static d => d.Domain, StringComparer.Ordinal));
        foreach (var file in state.OrderedFiles)
        {
            actions.Add(file.Action with { DataChange = false });
        }

        foreach (var tombstone in state.Tombstones.Values.OrderBy(static t => t.Key, StringComparer.Ordinal))
        {
            if ((tombstone.DeletionTimestamp ?? 0) >= keepSince)
            {
                actions.Add(tombstone with { DataChange = false, Stats = null });
            }
        }

        return actions;
    }

    private static bool Copy(DuckDbConnection connection, List<DeltaAction> actions, string path)
    {
        connection.Execute("CREATE OR REPLACE TEMP TABLE checkpoint_lines (line VARCHAR)");
        try
        {
            Load(connection, actions);
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"""
                COPY (SELECT unnest(json_transform(line, {SqlNames.Text(Structure)})) FROM temp.main.checkpoint_lines)
                TO {SqlNames.Text(path)} (FORMAT parquet, COMPRESSION snappy, USE_TMP_FILE false)
                """));
            return true;
        }
        finally
        {
            connection.Execute("DROP TABLE IF EXISTS temp.main.checkpoint_lines");
        }
    }

    private static void Load(DuckDbConnection connection, List<DeltaAction> actions)
    {
        using var appender = connection.Append("checkpoint_lines", "main", "temp");
        using var writer = new ActionWriter();
        for (var start = 0; start < actions.Count; start += DuckDbChunk.Capacity)
        {
            var count = Math.Min(DuckDbChunk.Capacity, actions.Count - start);
            var column = appender.Column(0);
            for (var i = 0; i < count; i++)
            {
                writer.Clear();
                writer.Add(actions[start + i]);
                column.SetBytes(i, writer.Written.Span);
            }

            appender.Append(count);
        }

        appender.Flush();
    }
}
