using System.Diagnostics;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Postgres;
using Tarn.Postgres.Tests;
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
            direct.ConnectionString, PostgresTestOptions.Patient, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance, Cancellation);
        await using var one = await CutNode.StartAsync("one", direct, Impatient, ledger);
        await using var two = await CutNode.StartAsync("two", direct, Impatient, ledger);
        var intervals = 6 + (faults * 3);
        var backfill = await CreateAsync(one.Orchestrator, new BackfillRequest { Pipeline = "work", From = Begin, To = Begin.AddHours(intervals), MaxActiveRuns = 4 });
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

    /// <summary>Makes the backfill through a node whose limits a busy machine may exceed while nothing is cut; one may have been made all the same.</summary>
    private static async Task<BackfillSummary> CreateAsync(Orchestrator orchestrator, BackfillRequest request)
    {
        while (true)
        {
            try
            {
                return await orchestrator.ListBackfillsAsync(request.Pipeline, cancellation: Cancellation) is [var made, ..] ? made : await orchestrator.CreateBackfillAsync(request, Cancellation);
            }
            catch (TarnException error) when (error.Kind == ErrorKind.Unavailable)
            {
            }
        }
    }

    /// <summary>Waits for the backfill through a node whose connections may have been broken just now. After twenty minutes, which no machine takes, it comes as it is, for the error to say.</summary>
    private static async Task<BackfillSummary> EndOfAsync(Orchestrator orchestrator, string backfill)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                var found = await orchestrator.WaitForBackfillAsync(backfill, TimeSpan.FromMinutes(2), Cancellation);
                if (found.HasEnded || Stopwatch.GetElapsedTime(begun) > TimeSpan.FromMinutes(20))
                {
                    return found;
                }
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

    /// <summary>Starts one, as often as a busy machine exceeds the limits of its opening.</summary>
    public static async Task<CutNode> StartAsync(string name, NpgsqlConnectionStringBuilder direct, PostgresMetadataOptions options, OutsideLedger ledger)
    {
        while (true)
        {
            var proxy = TcpProxy.Start(direct.Port);
            PostgresMetadataStore? store = null;
            try
            {
                store = await PostgresMetadataStore.OpenAsync(
                    new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Port = proxy.Port }.ConnectionString, options, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
                return new CutNode(await StartAsync(name, store, ledger), store, proxy);
            }
            catch (TarnException error) when (error.Kind == ErrorKind.Unavailable)
            {
                await (store?.DisposeAsync() ?? ValueTask.CompletedTask);
                await proxy.DisposeAsync();
            }
        }
    }

    private static async Task<IHost> StartAsync(string name, MetadataStore store, OutsideLedger ledger)
    {
        var time = TimeProvider.System;
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            .AddSingleton(time).AddSingleton(IdSource.Create(time)).AddSingleton(store)
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
        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }

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
