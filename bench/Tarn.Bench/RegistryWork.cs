using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Postgres;
using Tarn.Registry;

namespace Tarn.Bench;

/// <summary>
/// The registry, in SQLite and, where it is installed, in a PostgreSQL of the bench's own on the same machine; both durable: 10,000 points of metrics in batches of 1,000, and searches of
/// 10,000 runs, each with 3 params, 3 metrics and 3 tags, by a filter and an order (median of 21).
/// </summary>
internal static class RegistryWork
{
    private const int Runs = 10_000;
    private const int Searches = 21;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var measurements = new List<Measurement>();
        await using (var store = MetadataStore.Open(Path.Combine(folder, "meta.db"), TimeProvider.System, NullLoggerFactory.Instance))
        {
            await MeasureAsync(measurements, "SQLite", store, folder);
        }

        await using var cluster = new PostgresCluster { IsDurable = true };
        await cluster.InitializeAsync();
        if (await cluster.TryAsync() is { } connection)
        {
            await using var store = await PostgresMetadataStore.OpenAsync(
                connection, new PostgresMetadataOptions(), TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
            await MeasureAsync(measurements, "PostgreSQL", store, folder);
        }

        return measurements;
    }

    private static async Task MeasureAsync(List<Measurement> measurements, string name, MetadataStore store, string folder)
    {
        var registry = new ModelRegistry(
            store, new LocalObjectStore(folder), Path.Combine(folder, "artifacts"), TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
        await registry.OpenAsync();
        await LogAsync(registry, 1000);
        var clock = Stopwatch.StartNew();
        await LogAsync(registry, 10_000);
        measurements.Add(Measurement.Under($"registry {name}: 10,000 metrics by batches of 1,000", clock.Elapsed.TotalSeconds, "s", 1));

        var experiment = (await registry.Experiments.CreateAsync("searched")).Id;
        await FillAsync(registry, experiment);
        measurements.Add(await SearchAsync(registry, $"registry {name}: search of 10,000 runs by metric and param, best 100", new RunSearch
        {
            ExperimentIds = [experiment],
            Filter = "metrics.accuracy > 0.9 AND params.head = 'mlp'",
            OrderBy = ["metrics.accuracy DESC"],
            Limit = 100,
        }));
        measurements.Add(await SearchAsync(registry, $"registry {name}: search of 10,000 runs by a tag's pattern, newest 100", new RunSearch
        {
            ExperimentIds = [experiment],
            Filter = "tags.team LIKE 'vis%' AND attributes.status = 'RUNNING'",
            Limit = 100,
        }));
    }

    private static async Task LogAsync(ModelRegistry registry, int points)
    {
        var run = await registry.Runs.StartAsync(new NewTrainingRun { ExperimentId = 0 });
        for (var from = 0; from < points; from += 1000)
        {
            await registry.Runs.LogAsync(run.Id, new RunBatch { Metrics = [.. Enumerable.Range(from, 1000).Select(static i => new Metric($"m{i % 10}", i * 0.5, i / 10, 1_700_000_000_000 + i))] });
        }
    }

    private static Task FillAsync(ModelRegistry registry, long experiment) => Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
    {
        for (var i = worker; i < Runs; i += 16)
        {
            var run = await registry.Runs.StartAsync(new NewTrainingRun
            {
                ExperimentId = experiment,
                Tags = [new("team", i % 3 == 0 ? "vision" : "loans"), new("mlflow.source.name", "train.py")],
            });
            await registry.Runs.LogAsync(run.Id, new RunBatch
            {
                Params = [new("head", i % 2 == 0 ? "mlp" : "linear"), new("lr", (i % 7).ToString(CultureInfo.InvariantCulture)), new("seed", i.ToString(CultureInfo.InvariantCulture))],
                Metrics = [new("accuracy", i % 1000 / 1000.0, 1, 1), new("loss", 1.0 / (i + 1), 1, 1), new("ece", 0.1, 1, 1)],
            });
        }
    })));

    private static async Task<Measurement> SearchAsync(ModelRegistry registry, string name, RunSearch search)
    {
        var times = new List<double>();
        for (var i = 0; i < Searches; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            var page = await registry.Runs.SearchAsync(search);
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            if (page.Items.Count != search.Limit)
            {
                throw new InvalidOperationException($"{name} found {page.Items.Count} runs.");
            }
        }

        times.Sort();
        return Measurement.Under(name, times[Searches / 2], "ms", 100);
    }
}
