using Microsoft.Extensions.DependencyInjection;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>Which runs have seen a commit already, and which commits are a pipeline's own.</summary>
public class RepairSeenTests : RepairContract
{
    [Fact]
    public void Versions_of_a_table_that_was_made_anew_are_not_those_of_the_old_one()
    {
        Lakeside.MakeTable();
        for (var i = 0; i < 5; i++)
        {
            Lakeside.Append(RepairWorld.Hour(-5));
        }

        StartHourly();
        World.Advance(TimeSpan.FromHours(6));
        Assert.Empty(Lakeside.Repairs());
        World.Kill();
        using var other = MakeAnew();
        other.Append(RepairWorld.Hour(0));
        StartHourly();
        World.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([4, 5], Lakeside.RepairedHours());
        other.Append(RepairWorld.Hour(5));
        World.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([4, 5, 5], Lakeside.RepairedHours());
        World.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(3, Lakeside.Repairs().Count);
    }

    [Fact]
    public void A_repair_that_waits_while_the_table_is_made_anew_is_of_the_new_one()
    {
        Lakeside.MakeTable();
        StartHourly();
        World.Advance(TimeSpan.FromHours(6));
        World.Await(() => World.Orchestrator.PauseAsync("p"));
        for (var i = 0; i < 3; i++)
        {
            Lakeside.Append(RepairWorld.Hour(5));
        }

        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(3, Cause().GetProperty("toVersion").GetInt32());
        World.Kill();
        using var other = MakeAnew();
        other.Append(RepairWorld.Hour(0));
        StartHourly();
        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((1, 1, 1), (Cause().GetProperty("fromVersion").GetInt32(), Cause().GetProperty("toVersion").GetInt32(), Cause().GetProperty("commits").GetInt32()));

        // A run by hand has the new table before its eyes.
        World.Run("p", RepairWorld.Hour(6));
        World.Await(() => World.Orchestrator.ResumeAsync("p"));
        World.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([4], Lakeside.RepairedHours());

        System.Text.Json.JsonElement Cause() => Lakeside.State().Pending[^1].Cause;
    }

    [Fact]
    public void What_a_sub_pipeline_commits_for_a_pipeline_repairs_it_not()
    {
        Lakeside.MakeTable();
        World.Start(
            [
                PipelineWorld.Build("p", static p => p.Schedule("@hourly").StartAt(RepairWorld.Hour(-1)).CatchUp().RepairedBy(RepairWorld.Silver, TimeSpan.FromDays(1)).SubPipeline("middle", "middle")),
                PipelineWorld.Build("middle", static p => p.SubPipeline("leaf", "leaf")),
                PipelineWorld.Build("leaf", p => p.Task("t", (TaskContext run) => { Lakeside.Append(run.DataInterval.Start); })),
                PipelineWorld.Build("beside", static p => p.Schedule("@hourly").StartAt(RepairWorld.Hour(-1)).CatchUp().RepairedBy(RepairWorld.Silver, TimeSpan.FromDays(1)).Task("t", static () => { })),
            ],
            scheduler: true);
        World.Advance(TimeSpan.FromHours(3));
        Assert.Empty(Lakeside.Repairs());
        Assert.NotEmpty(Lakeside.Repairs("beside"));

        Lakeside.Append(RepairWorld.Hour(1));
        World.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal([1], Lakeside.RepairedHours());
    }

    [Fact]
    public void What_a_sub_pipeline_commits_for_a_pipeline_by_data_runs_it_not_again()
    {
        Lakeside.MakeTable();
        World.Start(
            [
                PipelineWorld.Build("p", static p => p.TriggeredBy(DataSource.Table(RepairWorld.Silver)).SubPipeline("leaf", "leaf")),
                PipelineWorld.Build("leaf", p => p.Task("t", (TaskContext run) => { Lakeside.Append(run.DataInterval.Start); })),
            ],
            scheduler: true);
        World.Idle();
        Lakeside.Append(RepairWorld.Hour(0));
        World.Advance(TimeSpan.FromMinutes(20));
        Assert.Single(World.Runs(new RunFilter { Pipeline = "p" }));
    }

    [Fact]
    public void Only_a_run_of_its_own_with_the_parameters_of_a_repair_has_seen_what_the_repair_is_for()
    {
        Lakeside.MakeTable();
        World.Start(
            [
                PipelineWorld.Build("p", static p => p.Schedule("@hourly").StartAt(RepairWorld.Hour(-1)).CatchUp()
                    .RepairedBy(RepairWorld.Silver, TimeSpan.FromDays(1)).Parameter("region", "all").Task("t", static () => { })),
                PipelineWorld.Build("caller", static p => p.Schedule("@hourly").StartAt(RepairWorld.Hour(100)).SubPipeline("sub", "p")),
            ],
            scheduler: true);
        World.Advance(TimeSpan.FromHours(6));
        World.Await(() => World.Orchestrator.PauseAsync("p"));
        Lakeside.Append(RepairWorld.Hour(2), RepairWorld.Hour(3), RepairWorld.Hour(4));
        World.Advance(TimeSpan.FromMinutes(1));
        World.Run("caller", RepairWorld.Hour(3));
        World.Await(() => World.Orchestrator.TriggerAsync("p", RepairWorld.Hour(4), System.Text.Json.JsonSerializer.SerializeToElement(new { region = "eu" })));
        World.Idle();
        World.Run("p", RepairWorld.Hour(5));
        World.Await(() => World.Orchestrator.ResumeAsync("p"));
        World.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([2, 3], Lakeside.RepairedHours());
    }

    private RepairWorld.OtherProcess MakeAnew()
    {
        Directory.Delete(new Uri(Lakeside.Lake.Table(RepairWorld.Silver).Location).LocalPath, recursive: true);
        var other = new RepairWorld.OtherProcess(Lakeside.Lake);
        other.MakeTable();
        World.Services.AddSingleton<SourceReader>(new RepairWorld.SettledReader(other.Lake, null));
        return other;
    }

    private void StartHourly()
    {
        World.Start(
            "p", static p => p.Schedule("@hourly").StartAt(RepairWorld.Hour(0)).CatchUp().RepairedBy(RepairWorld.Silver, TimeSpan.FromHours(2)).Task("t", static () => { }), scheduler: true);
        World.Idle();
    }
}
