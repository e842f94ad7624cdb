using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>Several nodes on one store, on one thread and one clock: each with its own connection to the store, which can be cut.</summary>
public sealed class NodeTests
{
    [Fact]
    public void One_leads_and_the_attempts_that_it_has_no_room_for_are_taken_by_others()
    {
        using var cluster = new Cluster(slots: 2);
        var ran = new List<(string Node, string Task)>();
        var pipeline = PipelineWorld.Build("p", p =>
        {
            for (var i = 0; i < 6; i++)
            {
                p.Task($"t{i}", async (TaskContext run, Cluster.Self self, CancellationToken token) =>
                {
                    ran.Add((self.Name, run.Task));
                    await Task.Delay(TimeSpan.FromSeconds(10), cluster.Time, token);
                    return run.Task;
                });
            }

            p.Task("end", ([Result("t0")] string a, [Result("t5")] string b) => Assert.Equal("t0t5", a + b), after: ["t0", "t1", "t2", "t3", "t4", "t5"]);
        });
        var (one, two, three) = (cluster.Start(pipeline), cluster.Start(pipeline), cluster.Start(pipeline));
        Assert.Equal(1, cluster.Leaders);

        var id = cluster.Await(() => two.TriggerAsync("p")).Id;
        cluster.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(RunState.Success, cluster.Run(id).Run.State);
        Assert.Equal(6, ran.Count);
        Assert.Equal(3, ran.Select(static r => r.Node).Distinct().Count());
        Assert.True(one.IsLeader && !two.IsLeader && !three.IsLeader);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_node_that_is_cut_off_stops_its_work_before_others_do_it(bool silently)
    {
        using var cluster = new Cluster(slots: 1);
        var live = new HashSet<string>();
        var starts = new List<(string Node, string Task)>();
        var pipeline = PipelineWorld.Build("p", p =>
        {
            foreach (var name in new[] { "a", "b" })
            {
                p.Task(name, async (TaskContext run, Cluster.Self self, CancellationToken token) =>
                {
                    Assert.True(live.Add(run.Task), "it runs twice at a time");
                    starts.Add((self.Name, run.Task));
                    try
                    {
                        await Task.Delay(TimeSpan.FromMinutes(5), cluster.Time, token);
                    }
                    finally
                    {
                        live.Remove(run.Task);
                    }
                });
            }
        });
        var (one, two) = (cluster.Start(pipeline), cluster.Start(pipeline));
        var id = cluster.Await(() => one.TriggerAsync("p")).Id;
        cluster.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(2, starts.Count);
        Assert.Equal(2, starts.Select(static s => s.Node).Distinct().Count());

        // The leader is cut off: it gives up at two thirds of its lease, and the other leads when the lease is over.
        cluster.Cut(0, silently);
        cluster.Advance(TimeSpan.FromSeconds(25));
        Assert.False(one.IsLeader);
        Assert.Single(live);
        cluster.Advance(TimeSpan.FromSeconds(60));
        Assert.True(two.IsLeader);
        Assert.Equal(2, starts.Count);

        // The attempt that ran on the new leader goes on; the orphan waits for its only slot, until the first node is back.
        cluster.Mend(0);
        cluster.Advance(TimeSpan.FromMinutes(15));
        var run = cluster.Run(id);
        Assert.Equal(RunState.Success, run.Run.State);
        Assert.Equal(3, starts.Count);
        Assert.Equal(3, run.Tasks.Sum(static t => t.Attempts.Count));
        Assert.Contains(run.Tasks.SelectMany(static t => t.Attempts), static a => a.Error == ExecutionWrites.ProcessEnded);
        Assert.False(one.IsLeader);
    }

    [Fact]
    public void A_node_that_stops_hands_its_work_over_at_once_and_cancelling_reaches_every_node()
    {
        using var cluster = new Cluster(slots: 1);
        var cancelled = 0;
        var pipeline = PipelineWorld.Build("p", p =>
        {
            foreach (var name in new[] { "a", "b" })
            {
                p.Task(name, async (CancellationToken token) =>
                {
                    try
                    {
                        await Task.Delay(TimeSpan.FromHours(5), cluster.Time, token);
                    }
                    catch (OperationCanceledException)
                    {
                        cancelled++;
                        throw;
                    }
                });
            }
        });
        var (one, two, three) = (cluster.Start(pipeline), cluster.Start(pipeline), cluster.Start(pipeline));
        var id = cluster.Await(() => two.TriggerAsync("p")).Id;
        cluster.Advance(TimeSpan.FromSeconds(10));
        cluster.Stop(0);
        Assert.Equal(1, cancelled);
        cluster.Advance(TimeSpan.FromSeconds(20));
        Assert.True(two.IsLeader || three.IsLeader);

        cluster.Await(() => three.CancelAsync(id));
        cluster.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(RunState.Cancelled, cluster.Run(id, 1).Run.State);
        Assert.Equal(3, cancelled);
    }

    [Fact]
    public void A_schedule_that_another_node_moves_goes_on()
    {
        using var cluster = new Cluster(slots: 2);
        var pipeline = PipelineWorld.Build("p", static p => p.Schedule("*/5 * * * *").MaxActiveRuns(2).Task("t", (CancellationToken token) => Task.Delay(Timeout.InfiniteTimeSpan, token)));
        var (one, two) = (cluster.Start(pipeline, scheduler: true), cluster.Start(pipeline, scheduler: true));
        Assert.True(one.IsLeader);
        cluster.Await(() => two.PauseAsync("p"));
        cluster.Await(() => two.TriggerAsync("p"));
        cluster.Advance(TimeSpan.FromHours(1));
        Assert.Equal(2, cluster.Runs().Count(static r => r.State == RunState.Running));
        cluster.Await(() => two.ResumeAsync("p"));
        cluster.Advance(TimeSpan.FromMinutes(6));
        var queued = cluster.Runs().Single(static r => r.State == RunState.Queued);

        // The next waits for the queued one, which the other node cancels.
        cluster.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(queued, cluster.Runs().Single(static r => r.State == RunState.Queued));
        cluster.Await(() => two.CancelAsync(queued.Id));
        cluster.Advance(TimeSpan.FromSeconds(61));
        Assert.True(cluster.Runs().Single(static r => r.State == RunState.Queued).LogicalDate > queued.LogicalDate);
    }

    [Fact]
    public void What_is_cancelled_while_the_node_that_has_it_stops_does_not_start_again()
    {
        using var cluster = new Cluster(slots: 1);
        var starts = new List<string>();
        var pipeline = PipelineWorld.Build("p", p =>
        {
            foreach (var name in new[] { "a", "b" })
            {
                p.Task(name, (Cluster.Self self, CancellationToken token) =>
                {
                    starts.Add(self.Name);
                    return Task.Delay(Timeout.InfiniteTimeSpan, token);
                });
            }
        });
        var one = cluster.Start(pipeline);
        cluster.Start(pipeline);
        cluster.Start(pipeline);
        var id = cluster.Await(() => one.TriggerAsync("p")).Id;
        cluster.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(2, starts.Count);

        // The leader hears of what the other node left only when it looks next.
        cluster.Stop(starts.Contains("node-1") ? 1 : 2);
        cluster.Await(() => one.CancelAsync(id));
        cluster.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(RunState.Cancelled, cluster.Run(id).Run.State);
        Assert.Equal(2, starts.Count);
    }

    /// <summary>Nodes in one process.</summary>
    private sealed class Cluster(int slots) : IDisposable
    {
        private readonly TemporaryDirectory _directory = new(inMemory: true);
        private readonly List<(Orchestrator Orchestrator, MetadataStore Store)> _nodes = [];
        private readonly Dictionary<int, TaskCompletionSource> _cut = [];
        private readonly StepContext _context = new(1);

        public ManualTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 2, 10, 2, 0, TimeSpan.Zero));

        public int Leaders => _nodes.Count(static n => n.Orchestrator.IsLeader);

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
}
