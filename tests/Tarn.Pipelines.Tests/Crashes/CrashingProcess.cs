using System.Globalization;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Tarn.Core;

namespace Tarn.Pipelines.Tests;

/// <summary>
/// A process with a host, an orchestrator and a scheduler whose clock runs 600 times as fast. It prints <c>ready</c>, and then runs until it is
/// killed; told to drain, it pauses its pipelines, waits for all runs to end, and exits.
/// </summary>
internal static class CrashingProcess
{
    public const string Verb = "--crashing-process";

    /// <summary>How many times as fast its clock runs.</summary>
    public const int Factor = 600;

    private static readonly string[] Pipelines = ["chain", "wide"];

    private static readonly string[] Effects = ["CREATE TABLE effect(pipeline TEXT, interval_start INTEGER, task TEXT, attempt INTEGER)"];

    /// <summary>Its arguments: the store's path, the moment at which its clock starts, and <c>drain</c> or nothing.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var time = new FastTimeProvider(DateTimeOffset.Parse(args[1], CultureInfo.InvariantCulture), Factor);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            .AddSingleton<TimeProvider>(time)
            .AddSingleton(IdSource.Create(time))
            .AddSingleton(provider => MetadataStore.Open(args[0], time, provider.GetRequiredService<Microsoft.Extensions.Logging.ILoggerFactory>()))
            .AddPipelines()
            .AddPipelineScheduler()
            .AddPipeline("chain", static p => p.Schedule("*/5 * * * *").CatchUp().Retries(2, TimeSpan.FromSeconds(30))
                .Task("one", (TaskContext run, MetadataStore store, TimeProvider clock) => WorkAsync(run, store, clock, fails: true))
                .Task("two", (TaskContext run, MetadataStore store, TimeProvider clock) => WorkAsync(run, store, clock, fails: false), after: "one")
                .Task("three", (TaskContext run, MetadataStore store, TimeProvider clock) => WorkAsync(run, store, clock, fails: true), after: "two"))
            .AddPipeline("wide", static p => p.Schedule("*/10 * * * *").CatchUp().MaxActiveRuns(3)
                .Task("left", (TaskContext run, MetadataStore store, TimeProvider clock) => WorkAsync(run, store, clock, fails: false))
                .Task("right", (TaskContext run, MetadataStore store, TimeProvider clock) => WorkAsync(run, store, clock, fails: false))
                .Task("join", (TaskContext run, MetadataStore store, TimeProvider clock) => WorkAsync(run, store, clock, fails: false), after: ["left", "right"]));
        using var host = builder.Build();
        var store = host.Services.GetRequiredService<MetadataStore>();
        await store.MigrateAsync("effects", Effects);
        await host.StartAsync();
        await Console.Out.WriteLineAsync("ready");
        await Console.Out.FlushAsync();
        if (args is not [_, _, "drain"])
        {
            await host.WaitForShutdownAsync();
            return 0;
        }

        await DrainAsync(host.Services.GetRequiredService<Orchestrator>());
        await host.StopAsync();
        return 0;
    }

    private static async Task DrainAsync(Orchestrator orchestrator)
    {
        foreach (var pipeline in Pipelines)
        {
            await orchestrator.PauseAsync(pipeline);
        }

        // Again until there is none: a run that was queued at one look may be running at the next.
        for (var all = await OpenAsync(orchestrator); all.Count > 0; all = await OpenAsync(orchestrator))
        {
            foreach (var run in all)
            {
                await orchestrator.WaitAsync(run.Id);
            }
        }
    }

    private static async Task<List<RunSummary>> OpenAsync(Orchestrator orchestrator) =>
    [
        .. await orchestrator.ListRunsAsync(new RunFilter { State = RunState.Queued, Limit = 1000 }),
        .. await orchestrator.ListRunsAsync(new RunFilter { State = RunState.Running, Limit = 1000 }),
    ];

    /// <summary>Works for up to a minute of its clock, leaves a trace, and fails the first time at some intervals.</summary>
    private static async Task WorkAsync(TaskContext run, MetadataStore store, TimeProvider clock, bool fails)
    {
        var minute = run.DataInterval.Start.Minute;
        await Task.Delay(TimeSpan.FromSeconds(minute), clock, run.CancellationToken);
        if (fails && minute % 15 == 0 && run.Attempt == 1)
        {
            throw new IOException("as planned");
        }

        await store.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            "INSERT INTO effect VALUES (@Pipeline, @start, @Task, @Attempt)",
            new { run.Pipeline, start = Instant.ToMicroseconds(run.DataInterval.Start), run.Task, run.Attempt },
            transaction));
    }
}
