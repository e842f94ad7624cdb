using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Postgres;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>
/// Two nodes on one PostgreSQL, each behind a proxy of its own that is cut, stalled and restored while a backfill runs: no task runs twice at a time, none is lost, all runs end.
/// <c>TARN_CUTS</c> sets how many faults there are, <c>TARN_CUT_SEED</c> the seed.
/// </summary>
[Collection(PostgresStates.Name)]
public sealed class CutNodesTests(ITestOutputHelper output, PostgresCluster cluster)
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A writer that was cut off must let go of the lock well before a lease ends.</summary>
    private static readonly PostgresMetadataOptions Impatient = new()
    {
        MaxReaders = 4,
        ConnectTimeout = TimeSpan.FromSeconds(1),
        StatementTimeout = TimeSpan.FromSeconds(1),
        WriterTimeout = TimeSpan.FromMilliseconds(300),
        OutcomeTimeout = TimeSpan.FromSeconds(30),
        KeepAlive = TimeSpan.FromSeconds(1),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Where_the_network_is_cut_no_task_runs_twice_at_a_time_and_none_is_lost()
    {
        var faults = Setting("TARN_CUTS", 16);
        var seed = Setting("TARN_CUT_SEED", 1);
        var random = new Random(seed);
        var direct = new NpgsqlConnectionStringBuilder(await cluster.RequireAsync());
        await using var ledger = await OutsideLedger.CreateAsync(direct.ConnectionString);
        await using var near = await PostgresMetadataStore.OpenAsync(
            direct.ConnectionString, new PostgresMetadataOptions { MaxReaders = 2 }, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance, Cancellation);
        await using var one = await CutNode.StartAsync("one", direct, Impatient, ledger);
        await using var two = await CutNode.StartAsync("two", direct, Impatient, ledger);
        var intervals = 6 + (faults * 3);
        var backfill = await one.Orchestrator.CreateBackfillAsync(new BackfillRequest { Pipeline = "work", From = Begin, To = Begin.AddHours(intervals), MaxActiveRuns = 4 }, Cancellation);
        for (var fault = 0; fault < faults; fault++)
        {
            await ledger.WhenMoreAsync(random.Next(1, 8), Cancellation);
            var node = random.Next(2) == 0 ? one : two;
            switch (random.Next(3))
            {
                case 0:
                    node.Proxy.Cut();
                    break;
                case 1:
                    node.Proxy.Stall(ProxyDirection.Both);
                    break;
                default:
                    node.Proxy.Stall(random.Next(2) == 0 ? ProxyDirection.ToClient : ProxyDirection.ToServer);
                    break;
            }

            // The other goes on alone, as its leader where it was not; or the fault is over before anybody has noticed.
            if (random.Next(4) > 0)
            {
                await ledger.WhenMoreAsync(random.Next(1, 8), Cancellation);
            }

            if (random.Next(2) == 0)
            {
                node.Proxy.Cut();
            }

            node.Proxy.Restore();
        }

        var ended = await EndOfAsync(one.Orchestrator, backfill.Id);
        var runs = await near.ReadAsync(c => c.QueryAsync<RunRow>($"SELECT {RunRow.Columns} FROM pipeline_run WHERE backfill = @Id", new { backfill.Id }), Cancellation);
        var orphans = await near.ReadAsync(c => c.QuerySingleAsync<long>("SELECT count(*) FROM task_attempt WHERE error LIKE '%during this attempt%'"), Cancellation);
        output.WriteLine($"Seed {seed}: {faults} faults, {intervals} runs, {orphans} attempts made again, led with fence {await near.ReadAsync(c => c.QuerySingleAsync<long>("SELECT fence FROM pipeline_leader"), Cancellation)}");

        Assert.Equal([], await ledger.ReadAsync("SELECT what FROM twice"));
        Assert.True(ended.HasEnded, $"Seed {seed}: {ended}: {string.Join(", ", runs.Where(static r => r.State != "success").Select(static r => $"{r.Id} {r.State}"))}");
        Assert.Equal(Enumerable.Range(0, intervals).Select(static i => Begin.AddHours(i)), runs.Select(static r => r.Interval.Start).Order());
        Assert.All(runs, r => Assert.True(r.State == "success", $"Seed {seed}: {r.Id} is {r.State}: {r.Error}"));
        foreach (var run in runs)
        {
            var tasks = await near.ReadAsync(c => c.QueryAsync<string>("SELECT name FROM pipeline_task WHERE run = @Seq AND kind <> 'mapped' OR run = @Seq AND item IS NOT NULL", run), Cancellation);
            Assert.Equal(tasks.Order(StringComparer.Ordinal), (await ledger.ReadAsync($"SELECT DISTINCT task FROM work WHERE run = '{run.Id}' AND state = 'done'")).Order(StringComparer.Ordinal));
            Assert.Equal(6, tasks.Count());
        }
    }

    /// <summary>Waits for the backfill through a node whose connections may have been broken just now.</summary>
    private static async Task<BackfillSummary> EndOfAsync(Orchestrator orchestrator, string backfill)
    {
        while (true)
        {
            try
            {
                return await orchestrator.WaitForBackfillAsync(backfill, TimeSpan.FromMinutes(2), Cancellation);
            }
            catch (TarnException error) when (error.Kind == ErrorKind.Unavailable)
            {
            }
        }
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;
}

/// <summary>A process' worth of node: host, store and scheduler behind a proxy.</summary>
internal sealed class CutNode : IAsyncDisposable
{
    /// <summary>Code has a third of it to stop in: more than a busy machine keeps a thread waiting for its turn.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(4);

    private readonly IHost _host;
    private readonly PostgresMetadataStore _store;

    private CutNode(IHost host, PostgresMetadataStore store, TcpProxy proxy)
    {
        _host = host;
        _store = store;
        Proxy = proxy;
    }

    public TcpProxy Proxy { get; }

    public Orchestrator Orchestrator => _host.Services.GetRequiredService<Orchestrator>();

    public static async Task<CutNode> StartAsync(string name, NpgsqlConnectionStringBuilder direct, PostgresMetadataOptions options, OutsideLedger ledger)
    {
        var proxy = TcpProxy.Start(direct.Port);
        var time = TimeProvider.System;
        var store = await PostgresMetadataStore.OpenAsync(
            new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Port = proxy.Port }.ConnectionString, options, time, IdSource.Create(time), NullLoggerFactory.Instance);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            .AddSingleton(time).AddSingleton(IdSource.Create(time)).AddSingleton<MetadataStore>(store)
            .Configure<OrchestratorOptions>(o => (o.NodeName, o.NodeSlots, o.NodeLease, o.NodePoll, o.RunsKept) = (name, 4, Lease, TimeSpan.FromMilliseconds(50), 10_000))
            .AddPipelines()
            .AddPipelineScheduler()
            .AddPipeline("work", p => p.Schedule(TimeSpan.FromHours(1)).StartAt(new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero))
                .Task("list", async (TaskContext run) =>
                {
                    await WorkAsync(run);
                    return new[] { "a", "b", "c" };
                })
                .Map("call", "list", async (TaskContext run, [Item] string item) =>
                {
                    await WorkAsync(run);
                    return $"{item}{run.RunId}";
                })
                .Task("alone", (TaskContext run) => WorkAsync(run))
                .Task("end", async (TaskContext run, [Result("call")] List<string> calls) =>
                {
                    await WorkAsync(run);
                    if (!calls.SequenceEqual(["a" + run.RunId, "b" + run.RunId, "c" + run.RunId]))
                    {
                        throw TaskException.Final($"It got {string.Join(' ', calls)}.");
                    }
                },
                after: "alone"));
        var host = builder.Build();
        await host.StartAsync();
        return new CutNode(host, store, proxy);

        async Task WorkAsync(TaskContext run)
        {
            var id = await ledger.BeginAsync(run.RunId, run.Task, name);
            var done = false;
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds((run.RunNumber * 37 % 90) + 10), time, run.CancellationToken);
                done = true;
            }
            finally
            {
                await ledger.EndAsync(id, done);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Proxy.Restore();
        await _host.StopAsync();
        await _store.DisposeAsync();
        _host.Dispose();
        await Proxy.DisposeAsync();
    }
}
