using System.Globalization;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Xunit;

namespace Tarn.S3.Tests;

/// <summary>Tables in S3 are what tables in files are.</summary>
public sealed class LakeOnS3Tests(MotoServer server) : IAsyncLifetime
{
    private readonly S3Lakes _lakes = new();
    private ProxiedStore _stores = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _stores = await ProxiedStore.StartAsync(server);

    public async ValueTask DisposeAsync()
    {
        await _lakes.DisposeAsync();
        if (_stores is not null)
        {
            await _stores.DisposeAsync();
        }
    }

    [Fact]
    public async Task Create_append_merge_query_optimize_and_vacuum_give_what_they_give_on_files()
    {
        var options = new LakeOptions { CheckpointInterval = 4, OptimizeAbove = 0, MinimumRetention = TimeSpan.Zero };
        var local = new LocalObjectStore(Path.Combine(_lakes.Folder, "local"), new LocalStoreOptions { Durable = false });
        var onFiles = await WorkAsync(_lakes.Open(local, options));
        var onS3 = await WorkAsync(_lakes.Open(_stores.Direct, options));
        Assert.Equal(onFiles, onS3);
        Assert.Contains(onS3, static l => l.StartsWith("vacuumed ", StringComparison.Ordinal) && l != "vacuumed 0");

        // Another process, that has seen nothing of this yet.
        var fresh = _lakes.Open(_stores.Direct);
        Assert.Equal(["bronze.readings", "silver.prices", "silver.prices_history"], (await fresh.ListTablesAsync(Cancel)).Select(static t => t.ToString()));
        Assert.Equal(["60|12"], await S3Lakes.LinesAsync(fresh, "select count(*), count(distinct station) from bronze.readings"));
        Assert.Empty(await _stores.Direct.ListUnfinishedAsync("", Cancel));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Of_two_processes_that_commit_over_a_network_that_fails_every_commit_is_there_exactly_once(int seed)
    {
        const int commits = 20;
        await TableAsync(_lakes.Open(_stores.Direct));
        var random = new Random(seed);
        ProxyFault[] faults = [ProxyFault.CutBefore, ProxyFault.CutDuring, ProxyFault.CutAfter, ProxyFault.SlowDown, ProxyFault.ErrorAfter, ProxyFault.Conflict, ProxyFault.Twice];
        _stores.Proxy.Decide = r =>
        {
            lock (random)
            {
                // Writes fail often: they are what may be ambiguous.
                var fault = random.Next(r.Method == "GET" ? 20 : 3) == 0 ? faults[random.Next(faults.Length)] : ProxyFault.None;
                return fault == ProxyFault.Conflict && !r.IsConditional ? ProxyFault.None : fault;
            }
        };
        var open = 0;
        var known = await Task.WhenAll(Enumerable.Range(0, 2).Select(writer => Task.Run(
            async () =>
            {
                var table = _lakes.Open(_stores.Open(new S3StoreOptions { Retries = 4 }), new LakeOptions { OptimizeAbove = 0, CheckpointInterval = 10 }).Table("bronze.readings");
                var done = new List<int>();
                for (var number = 0; number < commits; number++)
                {
                    try
                    {
                        await table.AppendAsync<Reading>([new($"w{writer}", number, "x")], null, Cancel);
                        done.Add(number);
                    }
                    catch (TarnException e) when (e.Kind == ErrorKind.Unavailable)
                    {
                        // Not acknowledged: there or not, but whole, and not twice.
                        Interlocked.Increment(ref open);
                        TestContext.Current.TestOutputHelper?.WriteLine(e.Message);
                    }
                }

                return done;
            },
            Cancel)));
        _stores.Proxy.Decide = static _ => ProxyFault.None;
        var rows = await S3Lakes.LinesAsync(_lakes.Open(_stores.Direct), "select station, number, count(*) from bronze.readings group by all");
        Assert.All(rows, line => Assert.True(line.EndsWith("|1", StringComparison.Ordinal), $"seed {seed}: {line}"));
        for (var writer = 0; writer < 2; writer++)
        {
            Assert.All(known[writer], number => Assert.True(rows.Contains($"w{writer}|{number}|1"), $"seed {seed}: writer {writer}'s commit {number} is lost"));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: {_stores.Proxy.Faults} faults in {_stores.Proxy.Requests.Count} requests, {known.Sum(static k => k.Count)} commits acknowledged, {open} not");
        Assert.True(_stores.Proxy.Faults > commits && known.Sum(static k => k.Count) > commits, "The network failed, and commits got through.");
        await RequireLogIsContiguousAsync(rows.Count);
    }

    [Fact]
    public async Task Processes_that_commit_to_one_table_at_once_lose_nothing_and_one_that_is_killed_leaves_the_others_alone()
    {
        const int commits = 20;
        await TableAsync(_lakes.Open(_stores.Direct));
        await using var victim = Start("victim", 10_000);
        await using var one = Start("one", commits);
        await using var two = Start("two", commits);
        await victim.WaitForOutputAsync(static text => text.Contains("done 5\n", StringComparison.Ordinal), Cancel);
        await victim.KillAsync();
        Assert.True(await one.WaitForExitAsync(Cancel) == 0 && await two.WaitForExitAsync(Cancel) == 0, one.Errors + two.Errors);
        var acknowledged = victim.Output.Split('\n').Count(static l => l.StartsWith("done ", StringComparison.Ordinal));
        var rows = await S3Lakes.LinesAsync(_lakes.Open(_stores.Direct), "select station, count(*), count(distinct number) from bronze.readings group by all order by all");
        Assert.Equal($"one|{commits}|{commits}", rows[0]);
        Assert.Equal($"two|{commits}|{commits}", rows[1]);
        Assert.True(rows[2] == $"victim|{acknowledged}|{acknowledged}" || rows[2] == $"victim|{acknowledged + 1}|{acknowledged + 1}", $"{rows[2]}, acknowledged {acknowledged}");

        ChildProgram Start(string station, int count) => ChildProgram.Start(
            ChildProgram.Find("tests/Tarn.S3.Tests"), [Appender.Verb, server.Endpoint.ToString(), _stores.Bucket, Path.Combine(_lakes.Folder, station), station, count.ToString(CultureInfo.InvariantCulture)]);
    }

    private static async Task<LakeTable> TableAsync(Tarn.Lake.Lake lake) =>
        await lake.EnsureTableAsync(new TableDefinition("bronze.readings", RowMapping<Reading>.Instance.Schema), Cancel);

    /// <summary>A bit of everything; what is seen on the way.</summary>
    private async Task<List<string>> WorkAsync(Tarn.Lake.Lake lake)
    {
        var seen = new List<string>();
        var readings = await lake.EnsureTableAsync(new TableDefinition("bronze.readings", RowMapping<Reading>.Instance.Schema) { PartitionBy = ["station"] }, Cancel);
        string[] stations = ["a", "b c", "ü/1", "50%", "x=y", "+&?#"];
        for (var i = 0; i < 10; i++)
        {
            await readings.AppendAsync<Reading>([.. stations.Select(s => new Reading(i % 2 == 0 ? s : s + s, i, $"note {i}"))], null, Cancel);
        }

        seen.AddRange(await S3Lakes.LinesAsync(lake, "select station, sum(number), max(note) from bronze.readings group by all order by all"));
        seen.AddRange(await S3Lakes.LinesAsync(lake, "select count(*) from bronze.readings where station = 'ü/1'"));
        seen.AddRange(await S3Lakes.LinesAsync(lake, "select count(*) from bronze.readings", AsOf.Version(3)));
        var packed = await readings.OptimizeAsync(Cancel);
        seen.Add($"packed {packed.FilesRemoved} into {packed.FilesAdded}");

        var prices = new KeyedTable<Price>(lake, "silver.prices", static t => t.Key(static p => p.Item).Newest(static p => p.Changed).History());
        await prices.EnsureAsync(Cancel);
        for (var day = 0; day < 6; day++)
        {
            var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day);
            var merged = await prices.MergeAsync([.. Enumerable.Range(0, 50).Where(i => i % (day + 1) == 0).Select(i => new Price($"item {i}", at, (i * 10) + day, day == 2 ? null : "new"))], cancellationToken: Cancel);
            seen.Add($"day {day}: {merged.Inserted} inserted, {merged.Updated} updated");
        }

        seen.AddRange(await S3Lakes.LinesAsync(lake, "select item, amount, comment from silver.prices order by item"));
        seen.AddRange(await S3Lakes.LinesAsync(lake, "select count(*), sum(h.amount) from silver.prices_history h join silver.prices p using (item)"));
        seen.Add($"found {(await prices.FindAsync(["item 12"], Cancel)).Single().Amount}");

        _lakes.Time.Advance(TimeSpan.FromDays(1000));
        var swept = await readings.VacuumAsync(TimeSpan.Zero, dryRun: true, Cancel);
        var vacuumed = await readings.VacuumAsync(TimeSpan.Zero, dryRun: false, Cancel);
        seen.Add($"dry run {swept.Files.Count}");
        seen.Add($"vacuumed {vacuumed.Files.Count}");
        seen.AddRange(await S3Lakes.LinesAsync(lake, "select station, sum(number), max(note) from bronze.readings group by all order by all"));
        seen.AddRange((await readings.HistoryAsync(100, Cancel)).Select(static v => $"{v.Version} {v.Operation}"));
        return seen;
    }

    private async Task RequireLogIsContiguousAsync(int commits)
    {
        var names = (await _stores.Direct.ListAsync("bronze/readings/_delta_log", null, Cancel).ToListAsync(Cancel))
            .Select(static i => Path.GetFileName(i.Path)).Where(static n => n.Length == 25 && n.EndsWith(".json", StringComparison.Ordinal)).ToList();
        Assert.Equal(Enumerable.Range(0, names.Count).Select(static n => $"{n:D20}.json"), names);
        Assert.Equal(commits + 1, names.Count);
    }
}
