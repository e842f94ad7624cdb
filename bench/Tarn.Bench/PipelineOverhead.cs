using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Pipelines;
using Tarn.Postgres;

namespace Tarn.Bench;

/// <summary>
/// What the orchestrator adds to tasks that do nothing: one pipeline of 10,000 tasks side by side and one of 1,000 in a row, in SQLite and in a PostgreSQL of the bench's own. The baseline is a row written durably to the same store, in the same process.
/// </summary>
internal static class PipelineOverhead
{
    private const int Width = 10_000;
    private const int Depth = 1_000;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var measurements = new List<Measurement>();
        await using (var store = MetadataStore.Open(Path.Combine(folder, "tasks.db"), TimeProvider.System, NullLoggerFactory.Instance))
        {
            await OverheadAsync(measurements, "SQLite", store, goal: 1);
        }

        await using var cluster = new PostgresCluster { IsDurable = true };
        await cluster.InitializeAsync();
        if (await cluster.TryAsync() is { } connection)
        {
            await using var store = await PostgresMetadataStore.OpenAsync(
                connection, new PostgresMetadataOptions(), TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
            await OverheadAsync(measurements, "PostgreSQL", store, goal: 5);
        }

        return measurements;
    }

    private static async Task OverheadAsync(List<Measurement> measurements, string name, MetadataStore store, double goal)
    {
        var starts = new ConcurrentQueue<long>();
        var wide = new PipelineBuilder("wide");
        for (var i = 0; i < Width; i++)
        {
            wide.Task(string.Create(CultureInfo.InvariantCulture, $"t{i}"), () => starts.Enqueue(Stopwatch.GetTimestamp()));
        }

        var deep = new PipelineBuilder("deep");
        for (var i = 0; i < Depth; i++)
        {
            string[] after = i == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"t{i - 1}")];
            deep.Task(string.Create(CultureInfo.InvariantCulture, $"t{i}"), () => starts.Enqueue(Stopwatch.GetTimestamp()), after);
        }

        await using var orchestrator = await StartAsync(store, TimeProvider.System, [wide.Build(), deep.Build()]);
        await RunAsync(orchestrator, "deep");
        foreach (var (pipeline, shape) in new[] { ("deep", $"{Depth} in a row"), ("wide", $"{Width} side by side") })
        {
            starts.Clear();
            var clock = Stopwatch.StartNew();
            await RunAsync(orchestrator, pipeline);
            var mean = clock.Elapsed.TotalMilliseconds / starts.Count;
            var gaps = starts.Order().ToList();
            var median = Median([.. gaps.Zip(gaps.Skip(1), static (a, b) => Stopwatch.GetElapsedTime(a, b).TotalMilliseconds)]);
            measurements.Add(Measurement.Under($"pipelines {name}: {shape}, from task to task (median)", median, "ms", goal));
            measurements.Add(Measurement.Under($"pipelines {name}: {shape}, whole run over its tasks", mean, "ms", goal));
        }
    }

    private static async Task<Orchestrator> StartAsync(MetadataStore store, TimeProvider time, IEnumerable<PipelineDefinition> pipelines)
    {
        var services = new ServiceCollection().AddLogging(static b => b.ClearProviders()).BuildServiceProvider();
        var options = new OrchestratorOptions { DefaultPoolSlots = 32 };
        var orchestrator = new Orchestrator(
            new PipelineCatalog(pipelines), store, services, options, time, IdSource.Create(time), NullLoggerFactory.Instance);
        await orchestrator.StartAsync();
        return orchestrator;
    }

    private static async Task RunAsync(Orchestrator orchestrator, string pipeline)
    {
        var run = await orchestrator.TriggerAsync(pipeline);
        var ended = await orchestrator.WaitAsync(run.Id, TimeSpan.FromMinutes(10));
        if (ended.State != RunState.Success)
        {
            throw new InvalidOperationException($"{ended}");
        }
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
