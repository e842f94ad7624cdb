using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Postgres;
using Tarn.Postgres.Tests;

namespace Tarn.Pipelines.Tests;

/// <summary>A row that says which interval's task wrote it.</summary>
public sealed record BackfilledRow(string Task, DateTimeOffset Start, int Number);

/// <summary>
/// A process with an orchestrator whose pipeline appends to a table of the lake. It makes the backfill if there is none, prints <c>ready</c>, and runs until it is killed; told to
/// drain, it waits for the backfill's end, and exits.
/// </summary>
internal static class BackfillingProcess
{
    public const string Verb = "--backfilling-process";
    public const string Table = "bronze.filled";
    public const string Pipeline = "filling";

    /// <summary>How many rows a task writes for an interval, in two writes.</summary>
    public const int Rows = 3;

    public static DateTimeOffset Begin { get; } = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Its arguments: folder, name, a <see cref="KillPlan"/>, a connection to PostgreSQL or nothing, and <c>drain</c> or nothing.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var (folder, name, plan, postgres, drains) = (args[0], args[1], KillPlan.Parse(args[2]), args[3], args is [.., "drain"]);
        var time = TimeProvider.System;
        var ids = IdSource.Create(time);
        await using var store = await OpenAsync(folder, postgres, time, ids);
        await using var lake = OpenLake(folder);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            .AddSingleton(time).AddSingleton(ids).AddSingleton(store).AddSingleton(lake)
            .Configure<OrchestratorOptions>(o =>
            {
                (o.NodeName, o.NodeSlots, o.NodeLease, o.NodePoll, o.RunsKept) = (name, 3, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50), 100_000);
                o.OrphanedAttemptsLimit = 100_000;
            })
            .AddPipelines()
            .AddPipelineScheduler()
            .AddPipeline(Pipeline, static p => p.Schedule(TimeSpan.FromHours(1)).StartAt(new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero)).Retries(1000, TimeSpan.FromMilliseconds(50))
                .Task("left", (TaskContext run, Lake.Lake into) => AppendAsync(run, into))
                .Task("right", (TaskContext run, Lake.Lake into) => AppendAsync(run, into), after: "left"));
        using var host = builder.Build();
        await host.StartAsync();
        var orchestrator = host.Services.GetRequiredService<Orchestrator>();
        var backfill = await EnsureBackfillAsync(orchestrator, store, plan);
        await Console.Out.WriteLineAsync("ready");
        await Console.Out.FlushAsync();
        if (!drains)
        {
            await host.WaitForShutdownAsync();
            return 0;
        }

        await orchestrator.WaitForBackfillAsync(backfill.Id);
        await host.StopAsync();
        return 0;
    }

    private static async Task<BackfillSummary> EnsureBackfillAsync(Orchestrator orchestrator, MetadataStore store, KillPlan plan)
    {
        var all = await orchestrator.ListBackfillsAsync(Pipeline);
        if (all.Count > 0)
        {
            return all[0];
        }

        await MarkAsync(orchestrator, store, plan);
        try
        {
            return await orchestrator.CreateBackfillAsync(new BackfillRequest
            {
                Pipeline = Pipeline,
                From = Begin,
                To = Begin.AddHours(plan.Intervals),
                MaxActiveRuns = 3,
                Reprocess = plan.Reprocess,
                RunBackwards = plan.Backwards,
            });
        }
        catch (TarnException error) when (error.Kind == ErrorKind.Conflict)
        {
            // The other process was quicker.
            return (await orchestrator.ListBackfillsAsync(Pipeline))[0];
        }
    }

    /// <summary>Makes the intervals what the plan says, unless the backfill is there: the other process may be quicker.</summary>
    private static Task<bool> MarkAsync(Orchestrator orchestrator, MetadataStore store, KillPlan plan) => store.WriteAsync(async (connection, transaction) =>
    {
        if (await connection.QuerySingleAsync<long>("SELECT count(*) FROM pipeline_backfill", transaction: transaction) > 0)
        {
            return false;
        }

        var timetable = orchestrator.Pipelines.Get(Pipeline).Schedule!;
        for (var i = 0; i < plan.Intervals; i++)
        {
            if (plan.Before(i) is { } state)
            {
                await IntervalStates.SetSpanAsync(connection, transaction, Pipeline, timetable, Begin.AddHours(i), Begin.AddHours(i + 1), state);
            }
        }

        return true;
    });

    public static Lake.Lake OpenLake(string folder) => new(
        new LocalObjectStore(Path.Combine(folder, "lake"), new LocalStoreOptions { Durable = false }), new LakeOptions(), TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);

    public static async Task<MetadataStore> OpenAsync(string folder, string postgres, TimeProvider time, IdSource ids) => postgres.Length == 0
        ? MetadataStore.Open(Path.Combine(folder, "meta.db"), time, NullLoggerFactory.Instance)
        : await PostgresMetadataStore.OpenAsync(postgres, PostgresTestOptions.Patient, time, ids, NullLoggerFactory.Instance);

    private static async Task AppendAsync(TaskContext run, Lake.Lake lake)
    {
        var table = await lake.EnsureTableAsync(new TableDefinition(Table, RowMapping<BackfilledRow>.Instance.Schema), run.CancellationToken);
        var rows = Enumerable.Range(0, Rows).Select(i => new BackfilledRow(run.Task, run.DataInterval.Start, i)).ToList();
        await table.AppendAsync(rows[..1], cancellationToken: run.CancellationToken);
        await table.AppendAsync(rows[1..], cancellationToken: run.CancellationToken);
    }
}
