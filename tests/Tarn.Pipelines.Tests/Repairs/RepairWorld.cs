using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;

namespace Tarn.Pipelines.Tests;

/// <summary>A row that tells of something that happened at a time.</summary>
internal sealed record Reading
{
    public required string Id { get; init; }

    public required DateTimeOffset At { get; init; }

    public required long Value { get; init; }
}

/// <summary>
/// A <see cref="PipelineWorld"/> beside a real lake and a real topic log. What these do is waited for where it is asked for, so that the order of steps is the seed's alone.
/// </summary>
internal sealed class RepairWorld : IDisposable
{
    public const string Silver = "silver.readings";
    public const string Gold = "gold.readings_hourly";

    private readonly TemporaryDirectory _folder = new(inMemory: true);
    private int _ids;

    public RepairWorld(int seed = 1, DateTimeOffset? start = null, WorldStore? store = null)
    {
        World = new PipelineWorld(seed, start ?? Start, store);
        if (World.IsShared)
        {
            // Each look of a node costs statements.
            World.Options.SourcePoll = TimeSpan.FromMinutes(1);
        }

        var ids = IdSource.CreateSeeded(TimeProvider.System, seed);
        Lake = new Lake.Lake(new LocalObjectStore(_folder.Combine("lake"), new LocalStoreOptions { Durable = false }), null, TimeProvider.System, ids, NullLoggerFactory.Instance);
        World.Services.AddSingleton<SourceReader>(new SettledReader(Lake, null));
    }

    /// <summary>The moment at which worlds begin: a few minutes after midnight.</summary>
    public static DateTimeOffset Start { get; } = new(2026, 3, 2, 0, 2, 0, TimeSpan.Zero);

    public PipelineWorld World { get; }

    public Lake.Lake Lake { get; }

    public static DateTimeOffset Hour(int hour, int minute = 0) => Start.AddMinutes(-2).AddHours(hour).AddMinutes(minute);

    /// <summary>Waits for work of the lake on this thread, away from the world's steps.</summary>
    public static T Do<T>(Func<Task<T>> work) => Task.Run(work).GetAwaiter().GetResult();

    public LakeTable MakeTable(string name = Silver, bool withEventTime = true) =>
        Do(() => Lake.EnsureTableAsync(withEventTime ? TableDefinition.Of<Reading>(name, static r => r.At) : TableDefinition.Of<Reading>(name)));

    /// <summary>Commits a row of each of these times.</summary>
    public long Append(params DateTimeOffset[] times) => AppendTo(Silver, times);

    public long AppendTo(string table, params DateTimeOffset[] times) =>
        Do(() => Lake.Table(table).AppendAsync(times.Select(t => new Reading { Id = $"r{_ids++}", At = t, Value = 1 }).ToList())).Version;

    /// <summary>The repairs of a pipeline, oldest first.</summary>
    public IReadOnlyList<RunSummary> Repairs(string pipeline = "p") =>
        [.. World.Runs(new RunFilter { Pipeline = pipeline, Limit = 1000 }).Where(static r => r.Trigger == RunTrigger.Repair).Reverse()];

    /// <summary>The hours whose intervals were repaired, in the order of their runs.</summary>
    public IReadOnlyList<int> RepairedHours(string pipeline = "p") => [.. Repairs(pipeline).Select(static r => (int)(r.DataInterval.Start - Hour(0)).TotalHours)];

    public PipelineRepairs State(string pipeline = "p") => World.Await(() => World.Orchestrator.GetRepairsAsync(pipeline));

    public void Dispose()
    {
        World.Dispose();
        Lake.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _folder.Dispose();
    }

    /// <summary>Writes the same tables as another process does: unheard, until somebody looks.</summary>
    internal sealed class OtherProcess(Lake.Lake lake) : IDisposable
    {
        public Lake.Lake Lake { get; } = new(
            new LocalObjectStore(new Uri(lake.Store.Location).LocalPath, new LocalStoreOptions { Durable = false }), null, TimeProvider.System, IdSource.CreateSeeded(TimeProvider.System, 99), NullLoggerFactory.Instance);

        public void MakeTable() => Do(() => Lake.EnsureTableAsync(TableDefinition.Of<Reading>(Silver, static r => r.At)));

        public void Append(DateTimeOffset time) => Do(() => Lake.Table(Silver).AppendAsync<Reading>([new Reading { Id = "o", At = time, Value = 1 }]));

        public void Dispose() => Lake.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Reads on other threads, and waits for them.</summary>
    internal sealed class SettledReader(Lake.Lake? lake, TopicLog? topics) : SourceReader(lake, topics)
    {
        public override Task<TablePosition?> TableAsync(string table, CancellationToken cancellation) => Task.FromResult(Do(() => base.TableAsync(table, cancellation)));

        public override Task<IReadOnlyList<TouchedCommit>> TouchedSinceAsync(string table, long after, int limit, CancellationToken cancellation) =>
            Task.FromResult(Do(() => base.TouchedSinceAsync(table, after, limit, cancellation)));

        public override Task<long[]?> TopicAsync(string topic, CancellationToken cancellation) => Task.FromResult(Do(() => base.TopicAsync(topic, cancellation)));
    }
}
