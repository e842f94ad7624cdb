using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests.Execution;

/// <summary>Text of users' code that PostgreSQL refuses, U+0000 and lone halves of surrogate pairs: it is kept, those replaced, and breaks nothing.</summary>
public class OddTextTests : OrchestratorContract
{
    private const string Odd = "a\0b\uD83Dc";
    private const string Kept = "a\uFFFDb\uFFFDc";

    /// <param name="slots">How many attempts a node begins itself where it leads; others come to it by the store.</param>
    [Theory]
    [InlineData(16)]
    [InlineData(1)]
    public void What_tasks_say_of_their_ends_is_kept(int slots)
    {
        using var world = NewWorld();
        world.Options.NodeSlots = slots;
        world.Start("p", static p => p
            .Task("fails", static void () => throw new IOException(Odd), configure: static t => t.Retries(new RetryPolicy { Count = 1 }))
            .Task("fails_for_good", static void () => throw TaskException.Final(Odd))
            .Task("skips", static void () => throw TaskException.Skip(Odd))
            .Branch("chooses", static () => "x\0")
            .Task("chosen", static () => { }, after: "chooses")
            .Task("reports", static (TaskContext run) => run.Report("odd", "x\0"))
            .Task("returns", static () => "x\0")
            .Task("takes", static ([Result("returns")] string text) => Assert.Equal("x\0", text)));

        var run = world.Run("p");

        Assert.Equal((RunState.Failed, $"Task fails failed: IOException: {Kept}"), (run.Run.State, run.Run.Error));
        var tasks = run.Tasks.ToDictionary(static t => t.Name, StringComparer.Ordinal);
        Assert.Equal([$"IOException: {Kept}", $"IOException: {Kept}"], tasks["fails"].Attempts.Select(static a => a.Error));
        Assert.Equal([Kept], tasks["fails_for_good"].Attempts.Select(static a => a.Error));
        Assert.Equal((AttemptState.Skipped, Kept), (tasks["skips"].State, tasks["skips"].Note));
        Assert.Equal(AttemptState.Failed, tasks["chooses"].State);
        Assert.StartsWith("The branch chose 'x\uFFFD'", Assert.Single(tasks["chooses"].Attempts).Error, StringComparison.Ordinal);
        Assert.Equal("x\0", Assert.Single(tasks["reports"].Attempts).Reported!["odd"].GetString());
        Assert.Equal(AttemptState.Success, tasks["takes"].State);
    }

    [Fact]
    public void A_run_hears_why_the_one_that_it_waited_for_failed()
    {
        using var world = NewWorld();
        world.Start(
            PipelineWorld.Build("below", static p => p.Task("t", static void () => throw TaskException.Final(Odd))),
            PipelineWorld.Build("above", static p => p.SubPipeline("s", "below")));

        var run = world.Run("above");

        Assert.Equal(RunState.Failed, run.Run.State);
        Assert.EndsWith($"ended as failed: Task t failed: {Kept}", Assert.Single(run.Tasks[0].Attempts).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_of_the_orchestrator_ends_its_run()
    {
        using var world = NewWorld();
        world.Start("p", static p => p.Task("first", static () => { }).Task("cached", static () => 1, after: "first", configure: static t => t.Cache(TimeSpan.FromDays(1))));
        world.Store.InterceptRead = static () => Environment.StackTrace.Contains("AskAsync", StringComparison.Ordinal) ? throw new InvalidOperationException(Odd) : Task.CompletedTask;

        var run = world.Run("p");

        Assert.Equal((RunState.Failed, $"The orchestrator failed: InvalidOperationException: {Kept}"), (run.Run.State, run.Run.Error));
    }

    [Fact]
    public void What_is_asked_for_by_a_name_that_cannot_be_is_not_there()
    {
        using var world = NewWorld();
        world.Start("p", static p => p.Task("t", static () => { }));
        var id = world.Run("p").Run.Id;

        Assert.Equal(ErrorKind.NotFound, Assert.Throws<TarnException>(() => world.Details(Odd)).Kind);
        Assert.Equal(ErrorKind.NotFound, Assert.Throws<TarnException>(() => world.Await(() => world.Orchestrator.GetBackfillAsync(Odd))).Kind);
        Assert.Empty(world.Runs(new RunFilter { Pipeline = Odd }));
        Assert.Empty(world.Await(() => world.Orchestrator.ReadLogsAsync(id, new LogFilter { Task = Odd })));
    }

    [Fact]
    public void A_long_error_is_cut_between_two_characters()
    {
        Assert.Equal(new string('x', 3999) + "…", AttemptOutcome.Describe(TaskException.Final(new string('x', 3999) + "🍕")));
        Assert.Equal(new string('x', 3998) + "🍕", AttemptOutcome.Describe(TaskException.Final(new string('x', 3998) + "🍕")));
        Assert.Equal(new string('x', 3998) + "🍕…", AttemptOutcome.Describe(TaskException.Final(new string('x', 3998) + "🍕x")));
    }
}
