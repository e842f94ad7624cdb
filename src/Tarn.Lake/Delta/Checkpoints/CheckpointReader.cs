using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Reads the actions of one Parquet file of a checkpoint, or of a sidecar. Files and removals, which are many, are read column by column; the few others by
/// way of their JSON. Columns that the file lacks count as null (protocol, "Checkpoints").
/// </summary>
internal sealed class CheckpointReader(DuckDbConnection connection, string local, string path)
{
    private static readonly string[] Few = ["txn", "metaData", "protocol", "domainMetadata", "checkpointMetadata", "sidecar"];
    private static readonly string[] OfVector = ["storageType", "pathOrInlineDv", "offset", "sizeInBytes", "cardinality", "maxRowIndex"];

    private readonly PartitionValueCache _partitions = new();
    private readonly string _source = $"read_parquet({SqlNames.Text(SqlNames.Pattern(local))}, hive_partitioning = false)";
    private Dictionary<string, DuckDbType> _columns = [];

    public List<DeltaAction> Read()
    {
        using (var none = connection.Query($"SELECT * FROM {_source} LIMIT 0"))
        {
            _columns = none.Columns.ToDictionary(static c => c.Name, static c => c.Type, StringComparer.OrdinalIgnoreCase);
        }

        var actions = new List<DeltaAction>();
        ReadFew(actions);
        if (Has("add"))
        {
            var start = actions.Count;
            if (ReadAdds(actions, parsed: false) && FieldsOf("add").ContainsKey("stats_parsed"))
            {
                // Statistics are kept in columns, where the table asks for that alone.
                actions.RemoveRange(start, actions.Count - start);
                _ = ReadAdds(actions, parsed: true);
            }
        }

        if (Has("remove"))
        {
            ReadRemoves(actions);
        }

        return actions;
    }

    private bool Has(string column) => _columns.TryGetValue(column, out var type) && type.Id == DuckDbTypeId.Struct;

    private Dictionary<string, DuckDbType> FieldsOf(string column)
    {
        var type = _columns[column];
        var fields = new Dictionary<string, DuckDbType>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < type.Names.Count; i++)
        {
            fields[type.Names[i]] = type.Children[i];
        }

        return fields;
    }

    private void ReadFew(List<DeltaAction> actions)
    {
        var present = Few.Where(Has).ToList();
        if (present.Count == 0)
        {
            return;
        }

        var line = string.Join(", ", present.Select(static c => $"\"{c}\" := c.\"{c}\""));
        using var result = connection.Query(
            $"SELECT CAST(to_json(struct_pack({line})) AS VARCHAR) FROM {_source} c WHERE {string.Join(" OR ", present.Select(static c => $"c.\"{c}\" IS NOT NULL"))}");
        var number = 0;
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                var column = chunk.Column(0);
                for (var i = 0; i < chunk.Count; i++)
                {
                    if (ActionReader.ReadLine(column.GetBytes(i), path, ++number) is { } action)
                    {
                        actions.Add(action);
                    }
                }
            }
        }
    }

    /// <summary>Reads the files; says whether one has no statistics as JSON.</summary>
    private bool ReadAdds(List<DeltaAction> actions, bool parsed)
    {
        var select = new FieldSelect("add", FieldsOf("add"))
            .Take("path", "VARCHAR").Map("partitionValues").Take("size", "BIGINT").Take("modificationTime", "BIGINT").Take("stats", "VARCHAR").Map("tags")
            .Take("baseRowId", "BIGINT").Take("defaultRowCommitVersion", "BIGINT").Take("clusteringProvider", "VARCHAR").Within("deletionVector", OfVector);
        var sql = select.Sql + (parsed ? ", c.add.stats_parsed" : "");
        var without = false;
        Stream($"SELECT {sql} FROM {_source} c WHERE c.add.path IS NOT NULL", chunk =>
        {
            var row = new RowFields(chunk, _partitions);
            var texts = parsed ? ParsedStatistics.ToJson(chunk.Column(chunk.ColumnCount - 1), row.Column(4)) : row.Texts(4);
            for (var i = 0; i < chunk.Count; i++)
            {
                without |= texts[i].IsEmpty;
                actions.Add(new AddFile
                {
                    Path = LogPath.Decode(row.Text(0, i)!),
                    PartitionValues = row.Values(1, i) ?? EmptyMap.NullableStrings,
                    Size = row.Number(2, i) ?? throw Lacking("add.size"),
                    ModificationTime = row.Number(3, i) ?? 0,
                    DataChange = false,
                    StatsUtf8 = texts[i],
                    Tags = row.Values(5, i),
                    BaseRowId = row.Number(6, i),
                    DefaultRowCommitVersion = row.Number(7, i),
                    ClusteringProvider = row.Text(8, i),
                    DeletionVector = Vector(row, 9, i),
                });
            }
        });
        return without;
    }

    private void ReadRemoves(List<DeltaAction> actions)
    {
        var select = new FieldSelect("remove", FieldsOf("remove"))
            .Take("path", "VARCHAR").Take("deletionTimestamp", "BIGINT").Take("extendedFileMetadata", "BOOLEAN").Map("partitionValues").Take("size", "BIGINT")
            .Take("baseRowId", "BIGINT").Take("defaultRowCommitVersion", "BIGINT").Within("deletionVector", OfVector);
        Stream($"SELECT {select.Sql} FROM {_source} c WHERE c.remove.path IS NOT NULL", chunk =>
        {
            var row = new RowFields(chunk, _partitions);
            for (var i = 0; i < chunk.Count; i++)
            {
                actions.Add(new RemoveFile
                {
                    Path = LogPath.Decode(row.Text(0, i)!),
                    DeletionTimestamp = row.Number(1, i),
                    DataChange = false,
                    ExtendedFileMetadata = row.Flag(2, i),
                    PartitionValues = row.Values(3, i),
                    Size = row.Number(4, i),
                    BaseRowId = row.Number(5, i),
                    DefaultRowCommitVersion = row.Number(6, i),
                    DeletionVector = Vector(row, 7, i),
                });
            }
        });
    }

    private DeletionVectorDescriptor? Vector(RowFields row, int column, int i) => row.Text(column, i) is not { } storage ? null : new DeletionVectorDescriptor(
        storage,
        row.Text(column + 1, i) ?? throw Lacking("deletionVector.pathOrInlineDv"),
        (int?)row.Number(column + 2, i),
        (int)(row.Number(column + 3, i) ?? throw Lacking("deletionVector.sizeInBytes")),
        row.Number(column + 4, i) ?? throw Lacking("deletionVector.cardinality"))
    { MaxRowIndex = row.Number(column + 5, i) };

    private TarnException Lacking(string field) => TarnException.Corrupt($"A row of a checkpoint lacks {field}.", path, "Remove the checkpoint; the commits or an earlier one may do.");

    private void Stream(string sql, Action<DuckDbChunk> read)
    {
        using var statement = connection.Prepare(sql);
        using var result = statement.Stream();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                read(chunk);
            }
        }
    }
}
