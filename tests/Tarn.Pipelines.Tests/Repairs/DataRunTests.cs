using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Log;
using Xunit;

namespace Tarn.Pipelines.Tests;

public class DataRunTests : RepairContract
{
    private IReadOnlyList<RunSummary> Runs => [.. World.Runs().Reverse()];

    [Fact]
    public void A_commit_runs_the_pipeline_once_from_the_end_of_the_run_before()
    {
        Lakeside.MakeTable();
        Start();
        World.Advance(TimeSpan.FromMinutes(5));
        Assert.Empty(Runs);

        Lakeside.Append(RepairWorld.Hour(0));
        Lakeside.Append(RepairWorld.Hour(0));
        World.Advance(TimeSpan.FromSeconds(1));
        Lakeside.Append(RepairWorld.Hour(0));
        World.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(2, Runs.Count);
        Assert.All(Runs, static r => Assert.Equal((RunTrigger.Data, RunState.Success), (r.Trigger, r.State)));
        Assert.Equal(RepairWorld.Start, Runs[0].DataInterval.Start);
        Assert.Equal(Runs[0].DataInterval.End, Runs[1].DataInterval.Start);
        var source = Assert.Single(Runs[0].Cause!.Value.GetProperty("sources").EnumerateArray());
        Assert.Equal(("table", RepairWorld.Silver, 0, 2), (source.GetProperty("kind").GetString(), source.GetProperty("name").GetString(), source.GetProperty("from").GetInt32(), source.GetProperty("to").GetInt32()));
    }

    [Fact]
    public void Commits_that_change_no_rows_and_those_of_the_pipeline_itself_run_nothing()
    {
        var table = Lakeside.MakeTable();
        Start(run => Lakeside.Append(run.DataInterval.Start));
        Lakeside.Append(RepairWorld.Hour(0));
        Lakeside.Append(RepairWorld.Hour(0));
        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(Runs);
        RepairWorld.Do(() => table.OptimizeAsync());
        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(Runs);
    }

    [Fact]
    public void While_paused_nothing_runs_and_one_run_takes_all_that_came()
    {
        Lakeside.MakeTable();
        Start();
        World.Await(() => World.Orchestrator.PauseAsync("p"));
        for (var i = 0; i < 3; i++)
        {
            Lakeside.Append(RepairWorld.Hour(0));
            World.Advance(TimeSpan.FromMinutes(10));
        }

        Assert.Empty(Runs);
        World.Await(() => World.Orchestrator.ResumeAsync("p"));
        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(3, Assert.Single(Runs).Cause!.Value.GetProperty("sources")[0].GetProperty("to").GetInt32());
    }

    [Fact]
    public void Movements_while_a_run_waits_are_taken_together_by_the_next()
    {
        Lakeside.MakeTable();
        var open = new TaskCompletionSource();
        Start(wait: open.Task);
        for (var i = 0; i < 6; i++)
        {
            Lakeside.Append(RepairWorld.Hour(0));
            World.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal([RunState.Running, RunState.Queued], Runs.Select(static r => r.State));
        World.Context.Within(open.SetResult);
        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([(0, 1), (1, 2), (2, 6)], Runs.Select(static r => r.Cause!.Value.GetProperty("sources")[0]).Select(static s => (s.GetProperty("from").GetInt32(), s.GetProperty("to").GetInt32())));
        Assert.All(Runs.Zip(Runs.Skip(1)), static p => Assert.Equal(p.First.DataInterval.End, p.Second.DataInterval.Start));
    }

    [Fact]
    public void Records_of_a_topic_and_commits_of_another_process_run_it_too()
    {
        using var folder = new Tarn.Contracts.TemporaryDirectory(inMemory: true);
        var log = new SegmentTopicLog(folder.Path, TimeProvider.System, NullLoggerFactory.Instance);
        RepairWorld.Do(() => log.CreateTopicAsync("events"));
        Lakeside.MakeTable();
        World.Services.AddSingleton<SourceReader>(new RepairWorld.SettledReader(Lakeside.Lake, log));
        Start(source: DataSource.Topic("events"));
        RepairWorld.Do(() => log.AppendAsync("events", [new NewRecord("k"u8.ToArray(), "v"u8.ToArray())]));
        World.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(1, Assert.Single(Runs).Cause!.Value.GetProperty("sources")[0].GetProperty("to")[0].GetInt32());

        using var other = new RepairWorld.OtherProcess(Lakeside.Lake);
        other.Append(RepairWorld.Hour(0));
        World.Advance(World.Options.SourcePoll + TimeSpan.FromSeconds(1));
        Assert.Equal(2, Runs.Count);
        Assert.True(RepairWorld.Do(async () =>
        {
            await log.DisposeAsync();
            return true;
        }));
    }

    [Fact]
    public void Where_all_have_to_move_the_last_of_them_runs_it_once_for_all_that_came()
    {
        using var folder = new Tarn.Contracts.TemporaryDirectory(inMemory: true);
        var log = new SegmentTopicLog(folder.Path, TimeProvider.System, NullLoggerFactory.Instance);
        void Produce() => RepairWorld.Do(() => log.AppendAsync("events", [new NewRecord("k"u8.ToArray(), "v"u8.ToArray())]));
        RepairWorld.Do(() => log.CreateTopicAsync("events"));
        var table = Lakeside.MakeTable();
        World.Services.AddSingleton<SourceReader>(new RepairWorld.SettledReader(Lakeside.Lake, log));
        World.Start("p", static p => p.TriggeredByAll(DataSource.Table(RepairWorld.Silver), DataSource.Topic("events")).Task("t", static () => { }), scheduler: true);
        World.Advance(TimeSpan.FromMinutes(1));
        Lakeside.Append(RepairWorld.Hour(0));
        World.Advance(TimeSpan.FromMinutes(5));
        Lakeside.Append(RepairWorld.Hour(1));
        World.Advance(TimeSpan.FromMinutes(5));
        Assert.Empty(Runs);
        Produce();
        World.Advance(TimeSpan.FromMinutes(1));
        var sources = Assert.Single(Runs).Cause!.Value.GetProperty("sources").EnumerateArray().Select(static s => $"{s.GetProperty("name")} {s.GetProperty("from")} {s.GetProperty("to")}").Order();
        Assert.Equal(["events [0] [1]", $"{RepairWorld.Silver} 0 2"], sources);

        // And again from there, the other way round; what changes no rows does not count.
        Produce();
        RepairWorld.Do(() => table.OptimizeAsync());
        World.Advance(TimeSpan.FromMinutes(5));
        Assert.Single(Runs);
        Lakeside.Append(RepairWorld.Hour(2));
        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, Runs.Count);
        Assert.Equal(Runs[0].DataInterval.End, Runs[1].DataInterval.Start);
        Assert.True(RepairWorld.Do(async () =>
        {
            await log.DisposeAsync();
            return true;
        }));
    }

    private void Start(Action<TaskContext>? then = null, Task? wait = null, DataSource? source = null)
    {
        World.Start(
            "p",
            p => p.TriggeredBy([DataSource.Table(RepairWorld.Silver), .. source is null ? Array.Empty<DataSource>() : [source]]).Task("t", async (TaskContext run) =>
            {
                await (wait ?? Task.CompletedTask);
                then?.Invoke(run);
            }),
            scheduler: true);
        World.Idle();
    }
}
