using System.Globalization;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Native;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Random sequences of writes do to a table what the same statements do to a table of DuckDB's own.</summary>
public sealed class ChangeReferenceTests : IAsyncDisposable
{
    private readonly SqlLake _lake = new("changes", new LakeOptions { OptimizeAbove = 0, TargetFileBytes = 1 << 20 });
    private readonly DuckDbDatabase _database = DuckDbDatabase.Open();
    private readonly DuckDbConnection _reference;
    private readonly List<string> _done = [];

    public ChangeReferenceTests() => _reference = _database.Connect();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<int, bool, bool, bool, bool> Cases()
    {
        var cases = new TheoryData<int, bool, bool, bool, bool>();
        for (var i = 0; i < 16; i++)
        {
            cases.Add(i + 1, (i & 1) != 0, (i & 2) != 0, (i & 4) != 0, (i & 8) != 0);
        }

        return cases;
    }

    public async ValueTask DisposeAsync()
    {
        _reference.Dispose();
        _database.Dispose();
        await _lake.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Any_sequence_of_writes_equals_the_reference(int seed, bool vectors, bool partitioned, bool mapped, bool feed)
    {
        var random = new Random(seed);
        var properties = new Dictionary<string, string>();
        if (vectors)
        {
            properties["delta.enableDeletionVectors"] = "true";
        }

        if (mapped)
        {
            properties["delta.columnMapping.mode"] = seed % 2 == 0 ? "name" : "id";
        }

        if (feed)
        {
            properties["delta.enableChangeDataFeed"] = "true";
        }

        var schema = new TableSchema([.. SqlLake.Schema("id:long part:string n:integer text:string").Columns, new Column("s", new StructType(SqlLake.Schema("a:integer b:string")))]);
        var table = await _lake.Lake.EnsureTableAsync(new TableDefinition("silver.t", schema) { PartitionBy = partitioned ? ["part"] : [], Properties = properties }, Cancel);
        _reference.Execute("CREATE TABLE t (id BIGINT, part VARCHAR, n INTEGER, text VARCHAR, s STRUCT(a INTEGER, b VARCHAR))");
        await AppendAsync(table, Rows(random, 400));
        try
        {
            for (var step = 0; step < 14; step++)
            {
                await StepAsync(table, random);
                Assert.Equal(Reference(), await ActualAsync());
            }

            DeltaLogValidator.Require(Path.Combine(_lake.Root, "silver/t"));
        }
        catch (Exception e) when (e is not Xunit.Sdk.SkipException)
        {
            throw new InvalidOperationException($"Seed {seed}, vectors {vectors}, partitioned {partitioned}, mapped {mapped}, feed {feed}:\n{string.Join('\n', _done)}", e);
        }
    }

    private async Task StepAsync(LakeTable table, Random random)
    {
        var key = random.Next(400);
        var where = random.Next(6) switch
        {
            0 => $"id % 7 = {random.Next(7)}",
            1 => $"part = 'p{random.Next(4)}'",
            2 => $"id BETWEEN {key} AND {key + 20}",
            3 => $"n IS NULL AND s.a > {random.Next(10)}",
            4 => $"part IS NULL OR text LIKE '%{random.Next(10)}'",
            _ => $"id = {key}",
        };
        switch (random.Next(8))
        {
            case 0:
                await AppendAsync(table, Rows(random, random.Next(60)));
                break;
            case 1:
            case 2:
                await BothAsync($"DELETE FROM t WHERE {where}", () => table.DeleteAsync(where, null, Cancel));
                break;
            case 3:
                await BothAsync(
                    $"UPDATE t SET n = n + 1, part = coalesce(part, 'p0') || '', s = {{a: n, b: text}} WHERE {where}",
                    () => table.UpdateAsync(new Dictionary<string, string> { ["n"] = "n + 1", ["Part"] = "coalesce(part, 'p0') || ''", ["s"] = "{a: n, b: text}" }, where, null, Cancel));
                break;
            case 4:
            case 5:
                await MergeAsync(table, Rows(random, 40), random);
                break;
            case 6:
                var replacement = $"SELECT id, 'p{random.Next(4)}' AS part, n, text, s FROM ({Rows(random, 10)})";
                var part = replacement[(replacement.IndexOf('\'', StringComparison.Ordinal) + 1)..][..2];
                _reference.Execute($"DELETE FROM t WHERE part = '{part}'; INSERT INTO t {replacement}");
                _done.Add($"replace {part}");
                await table.OverwriteAsync(RowSource.Query(replacement), $"part = '{part}'", null, Cancel);
                break;
            default:
                _done.Add("optimize");
                await table.OptimizeAsync(Cancel);
                break;
        }
    }

    private async Task MergeAsync(LakeTable table, string rows, Random random)
    {
        var remove = random.Next(3) == 0;
        var bySource = random.Next(3) == 0;
        _reference.Execute($"CREATE OR REPLACE TABLE src AS SELECT * FROM ({rows}) QUALIFY row_number() OVER (PARTITION BY id) = 1");
        _reference.Execute("CREATE OR REPLACE TABLE old AS FROM t");
        if (bySource)
        {
            _reference.Execute("DELETE FROM t WHERE id NOT IN (SELECT id FROM src) AND n % 11 = 0; UPDATE t SET text = 'unmatched' WHERE id NOT IN (SELECT id FROM src) AND n % 11 = 1");
        }

        if (remove)
        {
            _reference.Execute("DELETE FROM t USING src WHERE t.id = src.id AND src.n % 2 = 0");
            _reference.Execute("UPDATE t SET part = src.part, n = src.n, text = src.text, s = src.s FROM src WHERE t.id = src.id");
        }
        else
        {
            _reference.Execute("UPDATE t SET n = coalesce(t.n, 0) + coalesce(src.n, 0), text = src.text FROM src WHERE t.id = src.id AND t.part IS NOT NULL");
        }

        _reference.Execute("INSERT INTO t FROM src WHERE id NOT IN (SELECT id FROM old) AND id % 5 <> 0");
        _done.Add($"merge remove {remove}, by source {bySource}");
        var source = RowSource.Query($"SELECT * FROM ({rows}) QUALIFY row_number() OVER (PARTITION BY id) = 1");
        await table.MergeAsync(source, "target.id = source.id", merge =>
        {
            if (remove)
            {
                merge.WhenMatchedDelete("source.n % 2 = 0").WhenMatchedUpdateAll();
            }
            else
            {
                merge.WhenMatchedUpdate(new Dictionary<string, string> { ["n"] = "coalesce(target.n, 0) + coalesce(source.n, 0)", ["text"] = "source.text" }, "target.part IS NOT NULL");
            }

            if (bySource)
            {
                merge.WhenNotMatchedBySourceDelete("target.n % 11 = 0").WhenNotMatchedBySourceUpdate(new Dictionary<string, string> { ["text"] = "'unmatched'" }, "n % 11 = 1");
            }

            merge.WhenNotMatchedInsertAll("source.id % 5 <> 0");
        }, null, Cancel);
    }

    private async Task AppendAsync(LakeTable table, string rows)
    {
        _reference.Execute($"INSERT INTO t {rows}");
        _done.Add("append");
        await table.AppendAsync(RowSource.Query(rows), null, Cancel);
    }

    private async Task BothAsync(string sql, Func<Task<ChangeResult>> change)
    {
        var count = _reference.Execute(sql);
        _done.Add(sql);
        var result = await change();
        Assert.Equal(count, result.RowsDeleted + result.RowsUpdated);
    }

    /// <summary>The same rows each time: they follow from the seed alone.</summary>
    private static string Rows(Random random, int count)
    {
        var salt = random.Next(1000);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT range * 3 % 401 + {salt % 50} AS id, CASE WHEN range % 9 = 0 THEN NULL ELSE 'p' || ((range + {salt}) % 4) END AS part, CASE WHEN range % 5 = 0 THEN NULL ELSE (range * {salt} % 97)::INTEGER END AS n, 'x' || (range + {salt}) AS text, CASE WHEN range % 4 = 0 THEN NULL ELSE {{a: (range % 13)::INTEGER, b: 'b' || range}} END AS s FROM range({count})");
    }

    private string Reference()
    {
        using var result = _reference.Query("SELECT to_json(t)::VARCHAR AS j FROM t ORDER BY ALL");
        var lines = new List<string>();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                for (var i = 0; i < chunk.Count; i++)
                {
                    lines.Add(chunk.Column(0).GetString(i));
                }
            }
        }

        return string.Join('\n', lines);
    }

    private async Task<string> ActualAsync() => string.Join('\n', (await _lake.RowsAsync("SELECT to_json(t)::VARCHAR AS j FROM silver.t t ORDER BY ALL")).Select(static r => (string)r[0]!));
}
