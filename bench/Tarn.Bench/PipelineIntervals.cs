using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Pipelines;

namespace Tarn.Bench;

/// <summary>
/// Five years of five-minute intervals, each of them really run by a backfill of a task that does nothing: what showing the pipeline costs then, and how large the store is.
/// <c>TARN_INTERVALS</c> runs fewer (as a smaller machine may want); the goals are the same.
/// </summary>
internal static class PipelineIntervals
{
    private const int FiveYears = 525_600;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("TARN_INTERVALS"), CultureInfo.InvariantCulture, out var given) ? given : FiveYears;
        var path = Path.Combine(folder, "intervals.db");
        var to = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var request = new BackfillRequest { Pipeline = "p", From = to.AddMinutes(-5 * count), To = to, MaxActiveRuns = 200 };
        var measurements = new List<Measurement>();
        await using (var store = MetadataStore.Open(path, TimeProvider.System, NullLoggerFactory.Instance))
        {
            var services = new ServiceCollection().AddLogging(static b => b.ClearProviders()).BuildServiceProvider();
            var options = new OrchestratorOptions { DefaultPoolSlots = 64 };
            await using var orchestrator = new Orchestrator(
                new PipelineCatalog([new PipelineBuilder("p").Schedule("*/5 * * * *").StartAt(TimeProvider.System.GetUtcNow()).Task("t", static () => { }).Build()]),
                store,
                services,
                options,
                TimeProvider.System,
                IdSource.Create(TimeProvider.System),
                NullLoggerFactory.Instance);
            await orchestrator.StartAsync();
            using var scheduler = new PipelineScheduler(orchestrator, TimeProvider.System, NullLogger<PipelineScheduler>.Instance);
            await scheduler.StartAsync(CancellationToken.None);
            var clock = Stopwatch.StartNew();
            await BackfillAsync(orchestrator, request);
            measurements.Add(Measurement.AtLeast($"pipelines: backfill of {count} intervals", count / clock.Elapsed.TotalSeconds, "runs/s", 200));
            measurements.Add(await TimeAsync("show", () => orchestrator.GetPipelineAsync("p")));
            measurements.Add(await TimeAsync("grid page", () => orchestrator.GetGridAsync("p")));
            measurements.Add(await TimeAsync("calendar of a year", () => orchestrator.GetCalendarAsync("p")));
            measurements.Add(await TimeAsync("backfill dry run", () => orchestrator.PreviewBackfillAsync(request with { Reprocess = ReprocessBehavior.Completed })));
            await scheduler.StopAsync(CancellationToken.None);
        }

        measurements.Add(Measurement.Under($"pipelines: store after {count} successes", new FileInfo(path).Length / 1e6, "MB", 1));
        return measurements;

        async Task<Measurement> TimeAsync(string what, Func<Task> work)
        {
            await work();
            var times = new List<double>();
            for (var i = 0; i < 21; i++)
            {
                var begun = Stopwatch.GetTimestamp();
                await work();
                times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }

            times.Sort();
            return Measurement.Under($"pipelines: {what} over {count} intervals", times[times.Count / 2], "ms", 200);
        }
    }

    private static async Task BackfillAsync(Orchestrator orchestrator, BackfillRequest request)
    {
        var ended = new TaskCompletionSource();
        var backfill = await orchestrator.CreateBackfillAsync(request);
        long runs = 0;
        void OnRunChanged(RunChanged change)
        {
            if (change.Run.HasEnded && Interlocked.Increment(ref runs) >= backfill.Total)
            {
                ended.TrySetResult();
            }
        }

        orchestrator.RunChanged += OnRunChanged;
        await ended.Task.WaitAsync(TimeSpan.FromHours(1));
        orchestrator.RunChanged -= OnRunChanged;
        if (await orchestrator.GetBackfillAsync(backfill.Id) is not { State: BackfillState.Success } done)
        {
            throw new InvalidOperationException("The backfill did not succeed.");
        }
    }
}
