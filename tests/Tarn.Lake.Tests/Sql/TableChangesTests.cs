using System.Text.Json.Nodes;
using Tarn.Core;
using Xunit;
using static Tarn.Lake.Tests.RawTable;

namespace Tarn.Lake.Tests;

/// <summary>The rows that versions changed: from files of changes, from data files, from deletion vectors.</summary>
public sealed class TableChangesTests
{
    private const string All = "SELECT _commit_version, _change_type, x, p FROM table_changes('silver.a', 0) ORDER BY ALL";

    [Fact]
    public async Task Files_that_were_added_and_removed_and_rows_that_were_deleted_are_changes()
    {
        await using var lake = new SqlLake();
        var table = Table(lake, recorded: false);
        var (first, one) = table.Place("SELECT range AS x FROM range(3)", "a");
        table.Log(0, one);
        table.Log(1, Removed(one), With(one, Vector(1)));
        table.Log(2, Removed(With(one, Vector(1))), With(one, Vector(0, 1)));
        table.Log(3, Removed(With(one, Vector(0, 1))));
        Assert.Equal("1,insert,0,a|1,insert,1,a|1,insert,2,a|2,delete,1,a|3,delete,0,a|4,delete,2,a", await lake.TextAsync(All));
        Assert.Equal("3,delete,0,a", await lake.TextAsync("SELECT _commit_version, _change_type, x, p FROM table_changes('silver.a', 3, 3)"));
        Assert.Equal("3", await lake.TextAsync("SELECT max(_commit_version) FROM table_changes('silver.a', $from, to => $to)", SqlEngineTests.With(("from", 2), ("to", 3L))));
        Assert.Equal(first, first);
    }

    [Fact]
    public async Task Files_of_changes_are_the_changes_of_their_commit()
    {
        await using var lake = new SqlLake();
        var table = Table(lake, recorded: true);
        var (_, one) = table.Place("SELECT range AS x FROM range(2)", "a");
        var (_, two) = table.Place("SELECT range + 10 AS x FROM range(2)", "a");
        var (_, changes) = table.Place("SELECT 0::BIGINT AS x, 'update_preimage' AS _change_type UNION ALL SELECT 10, 'update_postimage'", "a");
        table.Log(0, one);
        table.Log(1, Removed(one), two, Cdc(changes));
        Assert.Equal("1,insert,0,a|1,insert,1,a|2,update_postimage,10,a|2,update_preimage,0,a", await lake.TextAsync(All));
        Assert.Equal("2026-01-03T00:00:00Z", await lake.TextAsync("SELECT DISTINCT _commit_timestamp FROM table_changes('silver.a', 2)"));
        Assert.Equal("2", await lake.TextAsync("SELECT count(*) FROM table_changes('silver.a', '2026-01-02T12:00:00Z')"));
        Assert.Equal("2", await lake.TextAsync("SELECT count(*) FROM table_changes('silver.a', '2020-01-01', TIMESTAMP '2026-01-02 12:00:00')"));
        Assert.Equal("2", await lake.TextAsync("SELECT count(*) FROM table_changes('silver.a', 0) c JOIN silver.a VERSION AS OF 1 a ON c.x = a.x WHERE c._change_type = 'insert'"));
        Assert.Equal("0", await lake.TextAsync("SELECT count(*) FROM table_changes('silver.a', 0, 0)"));
    }

    [Fact]
    public async Task A_rewrite_that_recorded_nothing_is_refused_where_changes_were_not_recorded()
    {
        await using var lake = new SqlLake();
        var table = Table(lake, recorded: false);
        var (_, one) = table.Place("SELECT range AS x FROM range(2)", "a");
        var (_, two) = table.Place("SELECT range AS x FROM range(2)", "a");
        table.Log(0, one);
        table.Log(1, Removed(one), two);
        Assert.Equal("2", await lake.TextAsync("SELECT count(*) FROM table_changes('silver.a', 0, 1)"));
        var error = await lake.ErrorAsync(All);
        Assert.Equal(ErrorKind.Unsupported, error.Kind);
        Assert.Contains("delta.enableChangeDataFeed", error.Rule, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.InvalidInput, (await lake.ErrorAsync("SELECT * FROM table_changes('silver.a', 2, 1)")).Kind);
        Assert.Equal(ErrorKind.NotFound, (await lake.ErrorAsync("SELECT * FROM table_changes('silver.a', 0, 9)")).Kind);
        Assert.Contains("from is given", (await lake.ErrorAsync("SELECT * FROM table_changes('silver.a')")).Rule, StringComparison.Ordinal);
    }

    private static ChangedTable Table(SqlLake lake, bool recorded) => new(lake.Root, recorded);

    private static JsonObject Removed(JsonObject add)
    {
        var path = add["add"]!;
        var remove = new JsonObject { ["path"] = path["path"]!.DeepClone(), ["deletionTimestamp"] = 0, ["dataChange"] = true };
        if (path["deletionVector"] is { } vector)
        {
            remove["deletionVector"] = vector.DeepClone();
        }

        return new JsonObject { ["remove"] = remove };
    }

    private static JsonObject With(JsonObject add, DeletionVectorDescriptor vector)
    {
        var with = (JsonObject)add.DeepClone();
        with["add"]!["deletionVector"] = new JsonObject
        {
            ["storageType"] = vector.StorageType,
            ["pathOrInlineDv"] = vector.PathOrInlineDv,
            ["sizeInBytes"] = vector.SizeInBytes,
            ["cardinality"] = vector.Cardinality,
        };
        return with;
    }

    private static DeletionVectorDescriptor Vector(params long[] rows)
    {
        var set = new RowSet();
        foreach (var row in rows)
        {
            set.Add(row);
        }

        return DeletionVectorFiles.WriteInline(set);
    }

    private static JsonObject Cdc(JsonObject add) => new()
    {
        ["cdc"] = new JsonObject { ["path"] = add["add"]!["path"]!.DeepClone(), ["partitionValues"] = add["add"]!["partitionValues"]!.DeepClone(), ["size"] = add["add"]!["size"]!.DeepClone(), ["dataChange"] = false },
    };

    /// <summary>A table whose commits are a day apart.</summary>
    private sealed class ChangedTable
    {
        private readonly string _folder;
        private int _files;

        public ChangedTable(string lake, bool recorded)
        {
            _folder = Path.Combine(lake, "silver", "a");
            Directory.CreateDirectory(Path.Combine(_folder, "_delta_log"));
            var configuration = new JsonObject { ["delta.enableChangeDataFeed"] = recorded ? "true" : "false" };
            Log(
                -1,
                new JsonObject { ["protocol"] = new JsonObject { ["minReaderVersion"] = 3, ["minWriterVersion"] = 7, ["readerFeatures"] = new JsonArray("deletionVectors"), ["writerFeatures"] = new JsonArray("deletionVectors", "changeDataFeed") } },
                new JsonObject
                {
                    ["metaData"] = new JsonObject
                    {
                        ["id"] = "t",
                        ["format"] = new JsonObject { ["provider"] = "parquet", ["options"] = new JsonObject() },
                        ["schemaString"] = Struct(Field("x", "long"), Field("p", "string")).ToJsonString(),
                        ["partitionColumns"] = new JsonArray("p"),
                        ["configuration"] = configuration,
                        ["createdTime"] = 0,
                    },
                });
        }

        /// <summary>Writes a file; its action is not logged yet.</summary>
        public (string Path, JsonObject Add) Place(string select, string partition)
        {
            var path = FormattableString.Invariant($"part-{_files++}.parquet");
            var full = Path.Combine(_folder, path);
            using var database = Tarn.Native.DuckDbDatabase.Open();
            using var connection = database.Connect();
            connection.Execute($"COPY ({select}) TO '{full}' (FORMAT parquet)");
            return (path, new JsonObject
            {
                ["add"] = new JsonObject
                {
                    ["path"] = path,
                    ["partitionValues"] = new JsonObject { ["p"] = partition },
                    ["size"] = new FileInfo(full).Length,
                    ["modificationTime"] = 0,
                    ["dataChange"] = true,
                },
            });
        }

        public void Log(int number, params JsonObject[] actions)
        {
            var time = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(number + 1).ToUnixTimeMilliseconds();
            var info = new JsonObject { ["commitInfo"] = new JsonObject { ["timestamp"] = time, ["operation"] = "WRITE" } };
            File.WriteAllLines(Path.Combine(_folder, "_delta_log", FormattableString.Invariant($"{number + 1:D20}.json")), new[] { info }.Concat(actions).Select(static a => a.ToJsonString()));
        }
    }
}
