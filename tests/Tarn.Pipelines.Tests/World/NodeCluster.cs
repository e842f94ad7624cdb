using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Contracts;
using Tarn.Core;

namespace Tarn.Pipelines.Tests;

/// <summary>Several nodes in one process, on one thread, one clock and one file of SQLite's: each with its own connection to the store, which can be cut.</summary>
internal sealed class NodeCluster(int slots) : IDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);
    private readonly List<(Orchestrator Orchestrator, MetadataStore Store)> _nodes = [];
    private readonly Dictionary<int, TaskCompletionSource> _cut = [];
    private readonly StepContext _context = new(1);

    public ManualTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 2, 10, 2, 0, TimeSpan.Zero));

    public int Leaders => _nodes.Count(static n => n.Orchestrator.IsLeader);

    /// <summary>Called with the node after each of its commits; what it throws is all that the node hears of it.</summary>
    public Action<int>? Committed { get; set; }

    public Orchestrator Start(PipelineDefinition pipeline, bool scheduler = false)
    {
        var index = _nodes.Count;
        var self = new Self($"node-{index}");
        var provider = new ServiceCollection().AddSingleton(self).AddLogging().BuildServiceProvider();
        var loggers = provider.GetRequiredService<ILoggerFactory>();
        Orchestrator? node = null;
        _context.Within(() =>
        {
            var options = new OrchestratorOptions
            {
                Shared = true,
                NodeName = self.Name,
                NodeSlots = slots,
                CodeScheduler = TaskScheduler.FromCurrentSynchronizationContext(),
            };
            var store = MetadataStore.Open(_directory.Combine("meta.db"), Time, loggers);
            store.Intercept = async moment =>
            {
                if (moment == CommitMoment.Before && _cut.TryGetValue(index, out var silence))
                {
                    await silence.Task;
                    throw new TarnException(ErrorKind.Unavailable, "cut off");
                }

                if (moment == CommitMoment.After)
                {
                    Committed?.Invoke(index);
                }
            };
            node = new Orchestrator(new PipelineCatalog([pipeline]), store, provider, options, Time, IdSource.CreateSeeded(Time, index), loggers);
            _nodes.Add((node, store));
        });
        Await(() => node!.StartAsync());
        if (scheduler)
        {
            _context.Within(() => _ = new PipelineScheduler(node!, Time, loggers.CreateLogger<PipelineScheduler>()).RunAsync(CancellationToken.None));
        }

        Advance(TimeSpan.FromSeconds(3));
        return node!;
    }

    /// <summary>Cuts a node off from the store.</summary>
    /// <param name="index">The node.</param>
    /// <param name="silently">Whether it gets no answer, rather than an error, until the way is mended.</param>
    public void Cut(int index, bool silently = false)
    {
        _cut[index] = new TaskCompletionSource();
        if (!silently)
        {
            _cut[index].SetResult();
        }
    }

    public void Mend(int index)
    {
        _cut.Remove(index, out var silence);
        _context.Within(() => silence!.TrySetResult());
    }

    /// <summary>A node's own connection to the store.</summary>
    public MetadataStore StoreOf(int index) => _nodes[index].Store;

    public IReadOnlyList<RunSummary> Runs() => Await(() => _nodes[0].Orchestrator.ListRunsAsync());

    public void Stop(int index) => Await(() => _nodes[index].Orchestrator.StopAsync());

    public RunDetails Run(string id, int index = 0) => Await(() => _nodes[index].Orchestrator.GetRunAsync(id));

    public void Advance(TimeSpan time)
    {
        Idle();
        var end = Time.GetTimestamp() + time.Ticks;
        while (Time.UntilNextTimer is { } next && Time.GetTimestamp() + next.Ticks <= end)
        {
            _context.Within(() => Time.Advance(next));
            Idle();
        }

        _context.Within(() => Time.Advance(TimeSpan.FromTicks(end - Time.GetTimestamp())));
        Idle();
    }

    public void Await(Func<Task> call) => Await(async () =>
    {
        await call();
        return true;
    });

    public T Await<T>(Func<Task<T>> call)
    {
        Task<T>? task = null;
        _context.Within(() => task = call());
        for (var i = 0; !task!.IsCompleted && i < 100; i++)
        {
            Idle();
            if (!task.IsCompleted)
            {
                _context.Within(() => Time.Advance(Time.UntilNextTimer ?? TimeSpan.Zero));
            }
        }

        return task.IsCompleted ? task.GetAwaiter().GetResult() : throw new InvalidOperationException("The world stands still before the call has ended.");
    }

    public void Dispose()
    {
        _context.Die();
        _nodes.ForEach(static n => ((SqliteMetadataStore)n.Store).Abandon());
        _directory.Dispose();
    }

    private void Idle()
    {
        while (_context.Step())
        {
        }
    }

    /// <summary>The node that a task's code runs on.</summary>
    public sealed record Self(string Name);
}
