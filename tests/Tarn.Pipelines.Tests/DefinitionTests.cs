using Microsoft.Extensions.DependencyInjection;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

public sealed class DefinitionTests
{
    [Fact]
    public void All_errors_of_a_definition_are_told_at_once()
    {
        var builder = new PipelineBuilder("Bad Name")
            .Schedule("61 * * * *")
            .MaxActiveRuns(0)
            .Retries(-1)
            .Timeout(TimeSpan.Zero)
            .Task("a", () => { }, after: "c")
            .Task("b", () => { }, after: "a")
            .Task("c", () => { }, after: ["b", "nowhere"])
            .Task("d", () => { }, slots: 0, pool: "Big Pool", retries: 1001)
            .Task("d", () => { }, timeout: TimeSpan.FromDays(31))
            .Task("e", () => { }, after: ["d", "d"])
            .Task("self", () => { }, after: "self");

        var error = Assert.Throws<TarnException>(() => builder.Build());

        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.Equal("Bad Name", error.Value);
        foreach (var part in new[]
        {
            "'Bad Name'", "61 * * * *", "active runs is 1 to 1,000, not 0", "retries is 0 to 1,000, not -1", "30 days, not 00:00:00",
            "'nowhere', which is no task", "1 to 10,000 slots, not 0", "'Big Pool'", "not 1001", "30 days, not 31", "2 tasks are named 'd'",
            "'d' more than once", "in a circle: a → b → c → a", "in a circle: self → self",
        })
        {
            Assert.Contains(part, error.Message);
        }
    }

    [Fact]
    public void A_pipeline_has_at_least_one_task() =>
        Assert.Contains("at least one task", Assert.Throws<TarnException>(() => new PipelineBuilder("p").Build()).Message);

    [Fact]
    public void Parameters_that_are_no_services_are_named_when_it_can_be_told()
    {
        var services = new ServiceCollection().AddSingleton("a service").AddKeyedSingleton("k", new Version(1, 0)).BuildServiceProvider();
        var known = services.GetRequiredService<IServiceProviderIsService>();

        var error = Assert.Throws<TarnException>(() => new PipelineBuilder("p")
            .Task("good", (string s, TaskContext c, DataInterval i, CancellationToken t, IServiceProvider p, [FromKeyedServices("k")] Version v, Uri? none = null, IEnumerable<int>? any = null) => { })
            .Task("bad", (Uri address, [FromKeyedServices("other")] Version version) => { })
            .Build(known));

        Assert.Contains("task 'bad': the parameter 'Uri address'", error.Message);
        Assert.Contains("task 'bad': the parameter 'Version version'", error.Message);
        Assert.DoesNotContain("good", error.Message);
    }

    [Fact]
    public void Async_void_code_is_refused()
    {
        var error = Assert.Throws<TarnException>(() => new PipelineBuilder("p").Task("t", new Action(NobodyAwaits)).Build());
        Assert.Contains("async void", error.Message);

        static async void NobodyAwaits() => await Task.Yield();
    }

    [Fact]
    public void A_catalogue_tells_the_errors_of_all_pipelines_and_refuses_equal_names()
    {
        var error = Assert.Throws<TarnException>(() => PipelineCatalog.Build(
        [
            new PipelineRegistration("one", p => p.Task("a", () => { }, after: "b")),
            new PipelineRegistration("two", _ => { }),
            new PipelineRegistration("three", p => p.Task("a", () => { })),
            new PipelineRegistration("three", p => p.Task("a", () => { })),
        ]));

        Assert.Contains("pipeline 'one': task 'a' is after 'b'", error.Message);
        Assert.Contains("pipeline 'two': a pipeline has at least one task", error.Message);
        Assert.Contains("2 pipelines are named 'three'", error.Message);
    }

    [Fact]
    public void A_task_overrides_what_the_pipeline_says()
    {
        var pipeline = PipelineWorld.Build("p", p => p
            .Retries(2, TimeSpan.FromSeconds(5)).Timeout(TimeSpan.FromMinutes(1))
            .Task("as-pipeline", () => { })
            .Task("own", () => { }, retries: 7, retryDelay: TimeSpan.FromHours(1), timeout: TimeSpan.FromSeconds(3), pool: "x", slots: 2));

        Assert.Equal((2, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1), "default", 1), Parts(pipeline.Tasks[0]));
        Assert.Equal((7, TimeSpan.FromHours(1), TimeSpan.FromSeconds(3), "x", 2), Parts(pipeline.Tasks[1]));

        static (int, TimeSpan, TimeSpan?, string, int) Parts(TaskDefinition t) => (t.Retry.Count, t.Retry.Delay, t.Timeout, t.Pool, t.Slots);
    }

    [Fact]
    public void The_hash_changes_with_the_definition_and_only_with_it()
    {
        static string Hash(Action<PipelineBuilder> more) => PipelineWorld.Build("p", p => more(p.Schedule("@daily").Task("a", () => { }))).Hash;

        var hash = Hash(static _ => { });
        Assert.Equal(16, hash.Length);
        Assert.Equal(hash, Hash(static _ => { }));
        Assert.Equal(
            10,
            new[]
            {
                hash,
                Hash(static p => p.TriggeredBy(DataSource.Table("a"), DataSource.Table("b"))),
                Hash(static p => p.TriggeredByAll(DataSource.Table("a"), DataSource.Table("b"))),
                Hash(static p => p.Schedule("@hourly")),
                Hash(static p => p.Schedule("@daily", TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"))),
                Hash(static p => p.CatchUp()),
                Hash(static p => p.Retries(1)),
                Hash(static p => p.Task("b", () => { })),
                Hash(static p => p.Task("b", () => { }, after: "a")),
                Hash(static p => p.Task("b", () => { }, pool: "x")),
            }.Distinct().Count());
    }

    [Fact]
    public void A_task_that_takes_more_slots_than_its_pool_has_is_refused()
    {
        using var world = new PipelineWorld();
        world.Options.Pools["small"] = 2;
        var error = Assert.Throws<TarnException>(() => world.Start("p", p => p.Task("t", () => { }, pool: "small", slots: 3)));
        Assert.Contains("'t' takes 3 slots of pool 'small', which has 2", error.Message);
    }

    [Fact]
    public void A_child_process_is_killed_before_its_attempt_may_run_on_another_node()
    {
        var options = new OrchestratorOptions();
        Assert.Equal(TimeSpan.FromSeconds(10), options.ChildProcessGraceFor(shared: false));
        foreach (var lease in new[] { 1, 10, 30, 60 })
        {
            options.NodeLease = TimeSpan.FromSeconds(lease);
            Assert.True((options.NodeLease * 2 / 3) + options.ChildProcessGraceFor(shared: true) < options.NodeLease);
        }

        Assert.Equal(options.ChildProcessGrace, options.ChildProcessGraceFor(shared: true));
    }

    [Fact]
    public void All_wrong_settings_are_told_at_once()
    {
        var options = new OrchestratorOptions { DefaultPoolSlots = 0, RunsKept = -1, FailedRunsKept = 100_001, FailedRunRetention = TimeSpan.Zero, LogLinesPerAttempt = 0, OrphanedAttemptsLimit = 0, StopGrace = TimeSpan.FromDays(1) };
        options.Pools["p"] = 20_000;
        Assert.Equal(8, options.Errors().Count());
        Assert.Throws<TarnException>(options.Validate);
    }
}
