using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests.Execution;

/// <summary>What pipelines tell through alert channels, as it lies in the outbox: in the commit that stores the event.</summary>
public class PipelineAlertTests : OrchestratorContract
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_failure_a_retry_and_a_run_that_is_late_are_told_once_each_with_what_they_are_about()
    {
        using var world = NewWorld();
        Start(
            world,
            p => p.Retries(1, TimeSpan.FromMinutes(1)).Schedule("*/30 * * * *").CatchUp(false).Sla(TimeSpan.FromMinutes(5))
                .Task("t", async (PipelineWorld w, CancellationToken token) =>
                {
                    await Task.Delay(TimeSpan.FromMinutes(4), w.Time, token);
                    throw new IOException("down");
                }));
        world.Advance(TimeSpan.FromMinutes(40));

        var run = world.Runs().Single(static r => r.DataInterval.End.Minute == 30);
        Assert.Equal([$"retry p t 1 {run.Id} down", $"sla_missed p   {run.Id} It should have succeeded", $"failure p   {run.Id} Task t failed"], Told(world, run.Id));
    }

    [Fact]
    public void Success_after_failure_is_told_by_the_next_run_and_by_one_that_is_tried_again()
    {
        using var world = NewWorld();
        var fails = false;
        Start(world, p => p.Schedule("@daily").Task("t", () => fails ? throw new IOException("down") : 1), scheduler: false);
        Run(0, false, null);
        Run(1, true, "failure");
        Run(2, false, "recovered");
        Run(3, false, null);
        var failed = Run(4, true, "failure");
        fails = false;
        world.Advance(TimeSpan.FromMinutes(1));
        world.Await(() => world.Orchestrator.RetryAsync(failed));
        world.Finish(failed);
        Assert.Equal(["failure", "recovered"], Kinds(world, failed));
        Run(5, false, null);

        string Run(int day, bool failing, string? expected)
        {
            fails = failing;
            var id = world.Run("p", Monday.AddDays(day).AddHours(12)).Run.Id;
            Assert.Equal(expected is null ? [] : [expected], Kinds(world, id));
            return id;
        }
    }

    [Fact]
    public void What_mends_an_older_interval_does_not_tell_that_the_newest_is_well()
    {
        using var world = NewWorld();
        var fails = true;
        Start(world, p => p.Schedule("@daily").Task("t", () => fails ? throw new IOException("down") : 1), scheduler: false);
        string Run(int day, bool failing)
        {
            fails = failing;
            return world.Run("p", Monday.AddDays(day).AddHours(12)).Run.Id;
        }

        Run(0, true);
        Run(5, true);
        Assert.Empty(Kinds(world, Run(0, false)));
        Assert.Empty(Kinds(world, Run(3, false)));
        Assert.Equal(["recovered"], Kinds(world, Run(5, false)));
        Assert.Empty(Kinds(world, Run(6, false)));

        // A cancelled run says nothing either way.
        var cancelled = world.Await(() => world.Orchestrator.TriggerAsync("p", Monday.AddDays(7))).Id;
        world.Await(() => world.Orchestrator.CancelAsync(cancelled));
        world.Finish(cancelled);
        Assert.Empty(Kinds(world, Run(8, false)));
    }

    private static void Start(PipelineWorld world, Action<PipelineBuilder> pipeline, bool scheduler = true)
    {
        AlertOutbox Outbox(MetadataStore store) => new(store, new AlertChannels([]), world.Time, IdSource.CreateSeeded(world.Time, 99));
        world.Services.AddSingleton(_ => Outbox(world.Store));
        world.Start(
            [PipelineWorld.Build("p", p => pipeline(p.AlertOn(PipelineEvents.All, "pager")))],
            scheduler,
            store => world.Await(() => Outbox(store).MigrateAsync()));
    }

    private static List<string> Kinds(PipelineWorld world, string run) => [.. Told(world, run).Select(static t => t.Split(' ')[0])];

    private static List<string> Told(PipelineWorld world, string run) => world.Await(() => world.Store.ReadAsync(async c =>
        (await c.QueryAsync<(string Kind, string Subject, string Fields)>("SELECT kind, subject, fields FROM alert ORDER BY recorded_at, id")).Select(static a =>
        {
            var fields = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(a.Fields)!;
            string Of(string name) => fields.GetValueOrDefault(name, "");
            var error = Of(AlertFields.Error);
            return $"{a.Kind} {a.Subject} {Of(AlertFields.Task)} {Of(AlertFields.Attempt)} {Of(AlertFields.Run)} {error.Split(": ").First(static e => e != "IOException").Split(" within")[0]}";
        }).Where(t => t.Contains(run, StringComparison.Ordinal)).ToList()));
}
