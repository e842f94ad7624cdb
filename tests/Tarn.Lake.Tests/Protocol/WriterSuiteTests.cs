using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests.Protocol;

/// <summary>
/// Every operation of the lake on one table, in an order drawn from a seed, while the table's features are turned on one by one. Each commit is judged by the
/// protocol's text when it is made; after it, and at the end at every version, SQL reads what the second reader reads; the change feed tells what changed, and the commit
/// which event times it touched: no row that came or went is outside of them. Every second sequence runs within a write scope.
/// </summary>
public sealed class WriterSuiteTests
{
    private const string Name = "silver.suite";
    private const string AllRows = "SELECT CAST(t AS VARCHAR) FROM silver.suite";

    private static readonly (string Property, string Value)[] Features =
    [
        ("delta.enableDeletionVectors", "true"), ("delta.enableChangeDataFeed", "true"), ("delta.columnMapping.mode", "name"), ("delta.enableInCommitTimestamps", "true"),
        ("delta.checkpointPolicy", "v2"), ("delta.enableTypeWidening", "true"), ("delta.checkpoint.writeStatsAsStruct", "true"), ("delta.enableDeletionVectors", "false"),
    ];

    private readonly List<string> _done = [];
    private readonly Dictionary<long, IReadOnlyList<string>> _versions = [];
    private int _names;
    private int _feature;
    private bool _partitioned;

    /// <summary>TARN_SUITE: how many sequences; default 8.</summary>
    public static TheoryData<int> Seeds =>
        [.. Enumerable.Range(1, int.Parse(Environment.GetEnvironmentVariable("TARN_SUITE") ?? "8", CultureInfo.InvariantCulture))];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Every_operation_writes_what_the_protocol_says(int seed)
    {
        var random = new Random(seed);
        _partitioned = seed % 3 != 0;
        using var root = new TemporaryDirectory(inMemory: true);
        using var watch = new LogWatch(root.Path);
        var options = new LakeOptions
        {
            CheckpointInterval = 4,
            OptimizeAbove = 0,
            TargetFileBytes = 1 << 20,
            MinimumRetention = TimeSpan.Zero,
            SidecarRows = seed % 2 == 0 ? 2 : 100_000,
            JsonCheckpoints = seed % 3 == 0,
        };
        await using var lake = new Lake(
            new LocalObjectStore(root.Path, new LocalStoreOptions { Durable = false }), options, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, seed), NullLoggerFactory.Instance);
        watch.Follow(lake);
        var schema = SqlLake.Schema("id:long part:string n:integer f:float d:date text:string seen:timestamp amount:decimal");
        var table = await lake.EnsureTableAsync(new TableDefinition(Name, schema) { EventTime = "seen", PartitionBy = seed % 3 == 0 ? [] : seed % 3 == 1 ? ["part"] : ["part", "d"] }, Cancel);
        var folder = Path.Combine(root.Path, "silver/suite");
        using var scope = seed % 2 == 0 ? LakeWriteScope.Begin($"suite/{seed}", 1) : LakeWriteScope.Suspend();
        IReadOnlyList<string> before = [];
        try
        {
            for (var step = 0; step < 30; step++)
            {
                await StepAsync(table, random, step);
                var rows = DeltaTableReader.ReadRows(folder);
                Assert.Equal(rows, await RowsAsync(lake, AllRows + " AS t"));
                await RequireTouchedAsync(lake, before, rows, (await table.SnapshotAsync(null, Cancel)).Version);
                _versions[(await table.SnapshotAsync(null, Cancel)).Version] = before = rows;
            }

            await RequireVersionsAsync(lake, folder);
            watch.Require();
            await LakeOrphans.RequireFoundAsync(table, folder, Cancel);
            Assert.Equal(DeltaTableReader.ReadRows(folder), await RowsAsync(lake, AllRows + " AS t"));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"Seed {seed}:\n{string.Join('\n', _done)}\n{e.Message}", e);
        }
    }

    /// <summary>What differs between a step's rows and those before it, as the second reader reads both, lies within what its commits say.</summary>
    private async Task RequireTouchedAsync(Lake lake, IReadOnlyList<string> before, IReadOnlyList<string> after, long version)
    {
        var commits = await lake.TouchedSinceAsync(Name, _versions.Count == 0 ? -1 : _versions.Keys.Max(), 100, Cancel);
        Assert.Equal(version, commits.Count > 0 ? commits[^1].Version : version);
        Assert.All(commits, static c => Assert.False(c.IsUnknown));
        var touched = commits.Select(static c => c.Touched!).ToList();
        var (then, now) = (before.Select(WithoutAdded).ToList(), after.Select(WithoutAdded).ToList());
        foreach (var row in then.Except(now).Concat(now.Except(then)))
        {
            var text = Regex.Match(row, "'seen': '?([^,'}]*)").Groups[1].Value;
            Assert.True(
                text == "NULL" ? touched.Exists(static t => t.HasNulls) : DateTimeOffset.Parse(text, CultureInfo.InvariantCulture) is var at && touched.Exists(t => t.Spans.Any(s => s.Start <= at && at < s.End)),
                $"{text} is in none of {string.Join(' ', touched.SelectMany(static t => t.Spans))}");
        }
    }

    /// <summary>A row's text without columns that come and go, which touches nothing.</summary>
    private static string WithoutAdded(string row) => Regex.Replace(row, "(, )?'extra[0-9]+': [^,}]*", "");

    private async Task StepAsync(LakeTable table, Random random, int step)
    {
        if (step % 4 == 2 && _feature < Features.Length)
        {
            var (property, value) = Features[_feature++];
            _done.Add($"set {property}");
            await table.SetPropertiesAsync(new Dictionary<string, string?> { [property] = value }, Cancel);
            return;
        }

        var where = random.Next(4) switch
        {
            0 => $"id % 5 = {random.Next(5)}",
            1 => $"part = 'p{random.Next(3)}'",
            2 => "part IS NULL",
            _ => $"id = {random.Next(60)}",
        };
        var kind = step < 2 ? 0 : random.Next(16);
        _done.Add(string.Create(CultureInfo.InvariantCulture, $"{kind} {where}"));
        await (kind switch
        {
            0 or 1 or 2 => table.AppendAsync(Rows(random, random.Next(1, 40)), new WriteOptions { Transactions = [new AppTransaction("suite", step)] }, Cancel),
            3 => table.OverwriteAsync(Rows(random, 20), null, null, Cancel),
            4 => table.OverwriteAsync(RowSource.Query(Select(random, 12, $"'p{random.Next(3)}'")), null, new WriteOptions { PartitionOverwrite = _partitioned }, Cancel),
            5 or 6 => table.DeleteAsync(where, null, Cancel),
            7 or 8 => table.UpdateAsync(new Dictionary<string, string> { ["seen"] = "seen + INTERVAL 1 DAY", ["part"] = "'p1'" }, where, null, Cancel),
            9 or 10 => table.MergeAsync(
                Rows(random, 30), "target.id = source.id",
                static m => m.WhenMatchedDelete("source.id % 4 = 0").WhenMatchedUpdateAll().WhenNotMatchedInsertAll().WhenNotMatchedBySourceDelete("target.id % 9 = 0"), null, Cancel),
            11 => table.OptimizeAsync(Cancel),
            12 => table.OptimizeAsync(new OptimizeOptions { ZOrderBy = ["id", "seen"] }, Cancel),
            13 => table.CheckpointAsync(Cancel),
            14 => RestoreAsync(table, random),
            _ => EvolveAsync(table, random),
        });
    }

    private async Task RestoreAsync(LakeTable table, Random random)
    {
        var versions = _versions.Keys.Order().TakeLast(4).ToList();
        try
        {
            var to = versions[random.Next(versions.Count)];
            _done.Add(string.Create(CultureInfo.InvariantCulture, $"restore {to}"));
            await table.RestoreAsync(AsOf.Version(to), Cancel);
        }
        catch (TarnException e) when (e.Kind is ErrorKind.Unsupported or ErrorKind.Conflict or ErrorKind.InvalidInput)
        {
            _done.Add($"refused: {e.Message}");
        }
    }

    private async Task EvolveAsync(LakeTable table, Random random)
    {
        var snapshot = await table.SnapshotAsync(null, Cancel);
        var added = snapshot.Schema.Columns.Select(static c => c.Name).Where(static n => n.StartsWith("extra", StringComparison.Ordinal)).ToList();
        var mapped = snapshot.Properties.ContainsKey("delta.columnMapping.mode");
        var widens = snapshot.Properties.ContainsKey("delta.enableTypeWidening") && snapshot.Schema.Find("n")!.Type == ColumnType.Integer;
        var change = widens ? "widen" : mapped && added.Count > 1 ? random.Next(2) == 0 ? "drop" : "rename" : random.Next(4) == 0 ? "constraint" : "add";
        _done.Add(change);
        await (change switch
        {
            "widen" => table.WidenColumnAsync("n", ColumnType.Long, Cancel),
            "drop" => table.DropColumnsAsync([added[0]], Cancel),
            "rename" => table.RenameColumnAsync(added[0], $"extra{_names++}", Cancel),
            "constraint" => table.AddConstraintAsync($"c{_names++}", "id >= 0", Cancel),
            _ => table.AddColumnsAsync([new Column($"extra{_names++}", ColumnType.Double) { Nullable = true }], Cancel),
        });
    }

    /// <summary>What was read at each version when it was the latest is what each reads as of it now, and the changes between two lead from one to the other.</summary>
    private async Task RequireVersionsAsync(Lake lake, string folder)
    {
        foreach (var (version, rows) in _versions)
        {
            _done.Add(string.Create(CultureInfo.InvariantCulture, $"as of {version}"));
            Assert.Equal(rows, DeltaTableReader.ReadRows(folder, version));
            Assert.Equal(rows, await RowsAsync(lake, string.Create(CultureInfo.InvariantCulture, $"{AllRows} VERSION AS OF {version} AS t")));
        }
    }

    private static async Task<List<string>> RowsAsync(Lake lake, string sql)
    {
        await using var result = await lake.Sql.QueryAsync(sql, null, Cancel);
        var rows = (await result.ToListAsync(Cancel)).Select(static r => (string)r[0]!).ToList();
        rows.Sort(StringComparer.Ordinal);
        return rows;
    }

    private static RowSource Rows(Random random, int count) => RowSource.Query(Select(random, count, "CASE WHEN i % 7 = 0 THEN NULL ELSE 'p' || (i % 3) END"));

    private static string Select(Random random, int count, string part)
    {
        var (from, salt) = (random.Next(60), random.Next(1000));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT i AS id, {part} AS part, CAST(CASE WHEN i % 5 = 0 THEN NULL ELSE i * {salt} - 500 END AS INTEGER) AS n, CAST(i / 3.0 AS FLOAT) AS f, DATE '2026-01-30' + CAST(i % 3 AS INTEGER) AS d, " +
            $"CASE WHEN i % 4 = 0 THEN NULL ELSE repeat('ä', {salt % 50}) || i END AS text, TIMESTAMPTZ '2026-01-01 00:00:00Z' + to_microseconds(i * {salt}) AS seen, " +
            $"CAST(i + 0.25 AS DECIMAL(10,2)) AS amount FROM (SELECT CAST(r AS BIGINT) AS i FROM range({from}, {from + count}) v(r))");
    }
}
