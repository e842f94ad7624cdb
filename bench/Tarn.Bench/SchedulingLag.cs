using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Pipelines;

namespace Tarn.Bench;

/// <summary>
/// How late the runs of 1,000 pipelines of a one-minute schedule begin, which are all due at the same moment: from that moment to the first line of each task's code. Once with slots for all of
/// them, where the lag is the orchestrator's own; and once with the default pool, where tasks also wait for each other's slots. The clock runs ten times as fast as ours; lags are told in ours.
/// </summary>
internal static class SchedulingLag
{
    private const int Pipelines = 1_000;
    private const int Speed = 10;

    /// <summary>The process warms up, as one that has run for some minutes has: its hot code is compiled again with what it learnt.</summary>
    private const int MinutesBefore = 12;

    private const int Minutes = 3;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var measurements = new List<Measurement>();
        foreach (var (slots, name) in new[] { (2 * Pipelines, "slots for all"), (new OrchestratorOptions().DefaultPoolSlots, "the default pool") })
        {
            var lags = await LagsAsync(Path.Combine(folder, $"lag{slots}.db"), slots);
            var goal = slots > Pipelines ? 50 : 500;
            measurements.Add(Measurement.Under($"lag: {Pipelines} due at once, {name}, p50", lags[lags.Count / 2], "ms", goal));
            measurements.Add(Measurement.Under($"lag: {Pipelines} due at once, {name}, p99", lags[lags.Count * 99 / 100], "ms", goal));
        }

        return measurements;
    }

    private static async Task<List<double>> LagsAsync(string file, int slots)
    {
        var time = new FastTime();
        await using var store = MetadataStore.Open(file, time, NullLoggerFactory.Instance);
        var lags = new ConcurrentQueue<double>();
        var begun = 0;
        var ran = new TaskCompletionSource();
        var pipelines = Enumerable.Range(0, Pipelines).Select(i => new PipelineBuilder(string.Create(CultureInfo.InvariantCulture, $"p{i}")).Schedule("* * * * *").Task("t", (TaskContext run) =>
        {
            var lag = (time.GetUtcNow() - run.DataInterval.End).TotalMilliseconds / Speed;
            var number = Interlocked.Increment(ref begun);
            if (number > MinutesBefore * Pipelines)
            {
                lags.Enqueue(lag);
            }

            if (number == (MinutesBefore + Minutes) * Pipelines)
            {
                ran.SetResult();
            }
        }).Build());
        var services = new ServiceCollection().AddLogging(static b => b.ClearProviders()).BuildServiceProvider();
        await using var orchestrator = new Orchestrator(
            new PipelineCatalog(pipelines), store, services, new OrchestratorOptions { DefaultPoolSlots = slots }, time, IdSource.Create(time), NullLoggerFactory.Instance);
        await orchestrator.StartAsync();
        using var scheduler = new PipelineScheduler(orchestrator, time, NullLogger<PipelineScheduler>.Instance);
        await scheduler.StartAsync(CancellationToken.None);
        await ran.Task.WaitAsync(TimeSpan.FromMinutes(10));
        await scheduler.StopAsync(CancellationToken.None);
        return [.. lags.Order()];
    }

    private sealed class FastTime : TimeProvider
    {
        private readonly DateTimeOffset _start = System.GetUtcNow();
        private readonly long _begin = Stopwatch.GetTimestamp();

        public override long TimestampFrequency => Stopwatch.Frequency / Speed;

        public override DateTimeOffset GetUtcNow() => _start + (Stopwatch.GetElapsedTime(_begin) * Speed);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Real(dueTime), Real(period));

        /// <summary>Rounded up to whole milliseconds, as timers count: one that rings too early finds nothing due.</summary>
        private static TimeSpan Real(TimeSpan time) => time <= TimeSpan.Zero ? time : TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds / Speed));
    }
}
