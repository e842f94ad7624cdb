using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>Several nodes on one store, on one thread and one clock: each with its own connection to the store, which can be cut.</summary>
public sealed class NodeTests
{
    [Fact]
    public void One_leads_and_the_attempts_that_it_has_no_room_for_are_taken_by_others()
    {
        using var cluster = new NodeCluster(slots: 2);
        var ran = new List<(string Node, string Task)>();
        var pipeline = PipelineWorld.Build("p", p =>
        {
            for (var i = 0; i < 6; i++)
            {
                p.Task($"t{i}", async (TaskContext run, NodeCluster.Self self, CancellationToken token) =>
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
        using var cluster = new NodeCluster(slots: 1);
        var live = new HashSet<string>();
        var starts = new List<(string Node, string Task)>();
        var pipeline = PipelineWorld.Build("p", p =>
        {
            foreach (var name in new[] { "a", "b" })
            {
                p.Task(name, async (TaskContext run, NodeCluster.Self self, CancellationToken token) =>
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
        using var cluster = new NodeCluster(slots: 1);
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
        using var cluster = new NodeCluster(slots: 2);
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
        using var cluster = new NodeCluster(slots: 1);
        var starts = new List<string>();
        var pipeline = PipelineWorld.Build("p", p =>
        {
            foreach (var name in new[] { "a", "b" })
            {
                p.Task(name, (NodeCluster.Self self, CancellationToken token) =>
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

    [Fact]
    public void Where_a_fault_of_the_leader_ends_a_run_its_code_stops_on_every_node()
    {
        using var cluster = new NodeCluster(slots: 2);
        var (started, stopped) = (new List<string>(), new List<string>());
        var at = cluster.Time.GetUtcNow().AddSeconds(30);
        var pipeline = PipelineWorld.Build("p", p =>
        {
            p.Sensor("gate", () => cluster.Time.GetUtcNow() >= at, every: TimeSpan.FromSeconds(10))
                .Task("cached", static () => 1, after: "gate", configure: static t => t.Cache(TimeSpan.FromDays(1)));
            foreach (var name in new[] { "a", "b", "c" })
            {
                p.Task(name, async (NodeCluster.Self self, CancellationToken token) =>
                {
                    started.Add(self.Name);
                    try
                    {
                        await Task.Delay(Timeout.InfiniteTimeSpan, token);
                    }
                    finally
                    {
                        stopped.Add(self.Name);
                    }
                });
            }
        });
        var one = cluster.Start(pipeline);
        cluster.Start(pipeline);
        var id = cluster.Await(() => one.TriggerAsync("p")).Id;
        cluster.StoreOf(0).InterceptRead = static () => Environment.StackTrace.Contains("AskAsync", StringComparison.Ordinal) ? throw new InvalidOperationException("a fault") : Task.CompletedTask;
        cluster.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal((3, 2, 0), (started.Count, started.Distinct().Count(), stopped.Count));
        cluster.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(RunState.Failed, cluster.Run(id).Run.State);
        Assert.Equal(started.Order(StringComparer.Ordinal), stopped.Order(StringComparer.Ordinal));
    }
}
