using Microsoft.Extensions.Logging;
using Xunit;

namespace Tarn.Pipelines.Tests.Execution;

/// <summary>Branches, mapped tasks, setups and teardowns, and tasks that depend on their past.</summary>
public class KindTests : OrchestratorContract
{
    private static readonly DateTimeOffset Ten = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_branch_that_chooses_what_is_not_after_it_fails()
    {
        using var world = NewWorld();
        world.Start("p", p => p.Retries(3)
            .Task("elsewhere", static () => { })
            .Branch("b", static () => new[] { "left", "elsewhere" })
            .Task("left", static () => { }, after: "b")
            .Task("right", static () => { }, after: "b"));

        var run = world.Run("p");

        Assert.Equal(RunState.Failed, run.Run.State);
        Assert.Equal("The branch chose 'elsewhere', and directly after it are: left, right.", Assert.Single(run.Tasks[1].Attempts).Error);
        Assert.Equal([AttemptState.UpstreamFailed, AttemptState.UpstreamFailed], run.Tasks.Skip(2).Select(static t => t.State));
    }

    [Fact]
    public void A_task_mapped_over_an_empty_list_is_skipped_and_what_follows_by_its_rule()
    {
        using var world = NewWorld();
        world.Start("p", p => p
            .Task("list", static () => Array.Empty<int>())
            .Map("m", over: "list", run: static ([Item] int i) => i)
            .Task("follows", static () => { }, after: "m")
            .Task("anyway", static () => { }, after: "m", configure: static t => t.Rule(TriggerRule.NoneFailed)));

        var run = world.Run("p");

        Assert.Equal(RunState.Success, run.Run.State);
        Assert.Equal([AttemptState.Success, AttemptState.Skipped, AttemptState.Skipped, AttemptState.Success], run.Tasks.Select(static t => t.State));
        Assert.Equal("The list has no items.", run.Tasks[1].Note);
    }

    [Fact]
    public void A_teardown_runs_when_the_run_is_cancelled_after_its_setup()
    {
        using var world = NewWorld();
        var calls = new List<string>();
        world.Start("p", p => p
            .Setup("made", () => calls.Add("made"))
            .Task("works", async (PipelineWorld w, CancellationToken token) => await Task.Delay(TimeSpan.FromHours(1), w.Time, token), after: "made")
            .Teardown("gone", of: "made", run: () => calls.Add("gone"), after: ["works"])
            .Task("never", () => calls.Add("never"), after: "works"));
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.Advance(TimeSpan.FromMinutes(1));

        world.Await(() => world.Orchestrator.CancelAsync(id));
        var run = world.Finish(id);

        Assert.Equal(RunState.Cancelled, run.Run.State);
        Assert.Equal(["made", "gone"], calls);
        Assert.Equal([AttemptState.Success, AttemptState.Cancelled, AttemptState.Success, AttemptState.Cancelled], run.Tasks.Select(static t => t.State));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_teardown_runs_only_where_its_setup_succeeded_and_its_failure_fails_no_run(bool made)
    {
        using var world = NewWorld();
        var calls = 0;
        world.Start("p", p => p
            .Setup("made", void () => _ = made ? true : throw new IOException("full"))
            .Task("works", static () => { }, after: "made")
            .Teardown("gone", of: "made", run: void () => throw new IOException($"{++calls}"), after: ["works"]));

        var run = world.Run("p");

        Assert.Equal(made ? RunState.Success : RunState.Failed, run.Run.State);
        Assert.Equal(made ? 1 : 0, calls);
        Assert.Equal(made ? AttemptState.Failed : AttemptState.Skipped, run.Tasks[2].State);
    }

    [Fact]
    public void A_run_waits_for_the_success_of_the_interval_before_and_goes_when_that_is_mended()
    {
        using var world = NewWorld();
        var broken = true;
        world.Start("p", p => p.Schedule("@hourly").MaxActiveRuns(5)
            .Task("t", void () => _ = broken ? throw new IOException("down") : true, configure: static t => t.DependsOnPast())
            .Task("free", static () => { }));
        var first = world.Run("p", Ten);
        Assert.Equal(RunState.Failed, first.Run.State);

        var second = world.Await(() => world.Orchestrator.TriggerAsync("p", Ten.AddHours(1))).Id;
        var farther = world.Await(() => world.Orchestrator.TriggerAsync("p", Ten.AddHours(5))).Id;
        world.Advance(TimeSpan.FromMinutes(1));
        broken = false;
        Assert.Equal(RunState.Queued, world.Details(second).Run.State);
        Assert.True(world.Details(farther).Run.HasEnded, "before it no run was ever made");

        world.Await(() => world.Orchestrator.RetryAsync(first.Run.Id));

        Assert.Equal(RunState.Success, world.Finish(first.Run.Id).Run.State);
        Assert.Equal(RunState.Success, world.Finish(second).Run.State);
    }

    [Fact]
    public void A_run_waits_while_the_interval_before_still_runs()
    {
        using var world = NewWorld();
        world.Start("p", p => p.Schedule("@hourly").MaxActiveRuns(5).DependsOnPast()
            .Task("t", async (PipelineWorld w) => await Task.Delay(TimeSpan.FromMinutes(10), w.Time)));
        var ids = new[] { 0, 1 }.Select(h => world.Await(() => world.Orchestrator.TriggerAsync("p", Ten.AddHours(h))).Id).ToList();
        world.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal([RunState.Running, RunState.Queued], ids.Select(id => world.Details(id).Run.State));

        var ended = ids.ConvertAll(id => world.Finish(id).Run);

        Assert.Equal(ended[0].EndedAt, ended[1].StartedAt);
    }

    [Fact]
    public void The_lines_of_a_mapped_task_are_those_of_its_calls()
    {
        using var world = NewWorld();
        world.Start("p", static p => p
            .Task("list", static () => (string[])["a", "b"])
            .Map("load", "list", static ([Item] string item, TaskContext run) => run.Log.LogInformation("Loads {What}", item))
            .Task("last", static (TaskContext run) => run.Log.LogInformation("Done"), after: "load"));
        var run = world.Run("p").Run.Id;
        IEnumerable<string> Lines(string task) => world.Await(() => world.Orchestrator.ReadLogsAsync(run, new LogFilter { Task = task })).Select(static l => $"{l.Task} {l.Message} {l.Fields}");
        Assert.Equal(["load[0] Loads a {\"What\":\"a\"}", "load[1] Loads b {\"What\":\"b\"}"], Lines("load").Order());
        Assert.Equal(["load[1] Loads b {\"What\":\"b\"}"], Lines("load[1]"));
        Assert.Equal(["last Done "], Lines("last"));
    }

    [Theory]
    [InlineData(TriggerRule.OneSuccess, "list", AttemptState.Success)]
    [InlineData(TriggerRule.Always, "list", AttemptState.Success)]
    [InlineData(TriggerRule.OneDone, "list", AttemptState.Success)]
    [InlineData(TriggerRule.Always, "fails", AttemptState.UpstreamFailed)]
    [InlineData(TriggerRule.AllDone, "fails", AttemptState.UpstreamFailed)]
    [InlineData(TriggerRule.OneSuccess, "skips", AttemptState.Skipped)]
    public void A_mapped_task_waits_for_its_list_whatever_its_rule_says(TriggerRule rule, string what, AttemptState expected)
    {
        using var world = NewWorld();
        var seen = new List<int>();
        world.Start(
            "p",
            p => p.Schedule("*/5 * * * *")
                .Task("gate", static () => { })
                .Task("list", async (PipelineWorld w, CancellationToken token) =>
                {
                    await Task.Delay(TimeSpan.FromMinutes(1), w.Time, token);
                    return what switch
                    {
                        "fails" => throw new IOException("down"),
                        "skips" => throw TaskException.Skip("nothing"),
                        _ => (int[])[1, 2, 3],
                    };
                })
                .Map("load", "list", ([Item] int item) => seen.Add(item), after: ["gate"], configure: t => t.Rule(rule)),
            scheduler: true);
        world.Advance(TimeSpan.FromMinutes(2));
        var run = world.Details(world.Runs().Single(static r => r.HasEnded).Id);
        Assert.Equal(expected, run.Tasks.Single(static t => t.Name == "load").State);
        Assert.Equal(what == "list" ? [1, 2, 3] : [], seen.Order());
    }
}
