using System.Globalization;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests.Definition;

/// <summary>What may be wrong with a definition beyond names and numbers, told all at once.</summary>
public sealed class DefinitionErrorTests
{
    [Fact]
    public void Unknown_names_are_told_wherever_they_stand()
    {
        var message = ErrorOf(static p => p
            .Map("mapped", over: "no-list", run: static ([Item] int i) => { })
            .Teardown("gone", of: "no-setup", run: Nothing)
            .Task("takes", static ([Result("no-result")] int n) => { })
            .Task("later", Nothing, after: "no-task")
            .Group("g", static g => g.Task("a", Nothing), after: ["no-group"])
            .Group("empty", static _ => { }));

        Assert.All(
            [
                "'mapped' is mapped over 'no-list'", "'gone' is the teardown of 'no-setup'", "'takes' takes the result of 'no-result'", "'later' is after 'no-task'",
                "'g' is after 'no-group'", "the group 'empty' has no task",
            ],
            part => Assert.Contains(part, message));
    }

    [Fact]
    public void Types_that_do_not_fit_are_told()
    {
        var message = ErrorOf(static p => p
            .Parameter("limit", 1)
            .Task("list", static () => new[] { "a" })
            .Task("number", static () => 1)
            .Task("nothing", Nothing)
            .Task("wrong-result", static ([Result("number")] string n) => { })
            .Task("no-result", static ([Result("nothing")] string n) => { })
            .Map("wrong-item", over: "list", run: static ([Item] int i) => i)
            .Map("no-list", over: "number", run: static ([Item] int i) => { })
            .Task("list-of-calls", static ([Result("wrong-item")] IReadOnlyList<string> n) => { })
            .Task("no-map", static ([Item] int i) => { })
            .Task("undeclared", static ([Parameter] int size) => { })
            .Task("wrong-parameter", static ([Parameter] string limit) => { }));

        Assert.All(
            [
                "'wrong-result': it takes the result of 'number' as String, and that returns Int32", "'no-result': it takes the result of 'nothing' as String, and that returns nothing",
                "'wrong-item': its item is a String", "'no-list': it is mapped over 'number', which returns Int32 and no list", "'list-of-calls': it takes the result of 'wrong-item'",
                "'no-map': its parameter 'i' is an item, and the task is not mapped", "'undeclared': it takes the parameter 'size'", "'wrong-parameter': it takes the parameter 'limit' as String",
            ],
            part => Assert.Contains(part, message));
    }

    [Fact]
    public void Kinds_of_tasks_have_rules_of_their_own()
    {
        var looks = ErrorOf(static p => p.Sensor("looks-away", static () => true, every: TimeSpan.FromMilliseconds(1), timeout: TimeSpan.FromDays(366)));
        var sensor = ErrorOf(static p => p.Sensor("looks-away", static () => "yes"));

        Assert.Contains("a sensor looks every 100 ms to every day", looks);
        Assert.Contains("a sensor's time-out is 100 ms to 365 days", looks);
        Assert.Contains("'looks-away': a sensor returns a bool, not String", sensor);

        var kinds = ErrorOf(static p => p
            .Task("plain", Nothing)
            .Branch("chooses-nothing", static () => 1)
            .Task("after-it", Nothing, after: "chooses-nothing")
            .Branch("leads-nowhere", static () => "plain")
            .ShortCircuit("no-bool", static () => "true")
            .Teardown("of-no-setup", of: "plain", run: Nothing)
            .Branch("cached", static () => "last", configure: static t => t.Cache(TimeSpan.FromDays(1)))
            .Task("last", Nothing, after: "cached"));
        Assert.All(
            [
                "'chooses-nothing': a branch returns the name of a task", "'leads-nowhere': it is a branch, and no task is after it", "'no-bool': a short circuit returns a bool, not String",
                "'of-no-setup': it is the teardown of 'plain', which is no setup", "'cached': only plain and mapped tasks can be cached",
            ],
            part => Assert.Contains(part, kinds));
    }

    [Theory]
    [InlineData(TriggerRule.OneSuccess)]
    [InlineData(TriggerRule.OneFailed)]
    [InlineData(TriggerRule.OneDone)]
    [InlineData(TriggerRule.AllFailed)]
    [InlineData(TriggerRule.AllSkipped)]
    [InlineData(TriggerRule.NoneFailedMinOneSuccess)]
    public void A_rule_that_needs_a_task_before_it_is_refused_without_one(TriggerRule rule)
    {
        Assert.Contains("'t': it can never start", ErrorOf(p => p.Task("t", Nothing, configure: t => t.Rule(rule))));
        PipelineWorld.Build("p", p => p.Task("s", Nothing).Group("g", g => g.Task("t", Nothing, configure: t => t.Rule(rule)), after: ["s"]));
    }

    [Fact]
    public void A_schedule_cannot_give_what_has_to_be_given()
    {
        Assert.Contains("the parameter 'place' has to be given", ErrorOf(static p => p.Schedule("@daily").RequiredParameter<string>("place").Task("t", Nothing)));
        Assert.Contains("2 parameters are named 'n'", ErrorOf(static p => p.Parameter("n", 1).Parameter("n", 2).Task("t", Nothing)));
    }

    [Fact]
    public void Each_setting_is_part_of_the_hash()
    {
        var hour = TimeSpan.FromHours(1);
        Action<PipelineBuilder>[] settings =
        [
            static _ => { },
            static p => p.MaxActiveRuns(2),
            static p => p.MaxActiveTasks(2),
            p => p.RunTimeout(hour),
            p => p.Timeout(hour),
            static p => p.DependsOnPast(),
            static p => p.StartAt(DateTimeOffset.Parse("2026-01-01T00:00:00Z", CultureInfo.InvariantCulture)),
            static p => p.Schedule(TimeSpan.FromDays(2)),
            static p => p.TriggeredBy(DataSource.Table("bronze.a")),
            static p => p.TriggeredBy(DataSource.Table("bronze.b")),
            p => p.RepairedBy("bronze.a", hour),
            p => p.RepairedBy("bronze.a", hour * 2),
            static p => p.Parameter("n", 1),
            static p => p.Parameter("n", 2),
            static p => p.Parameter("n", 1, "What for"),
            static p => p.Retries(new RetryPolicy { Count = 1, Factor = 3 }),
            static p => p.Task("u", Nothing, slots: 2),
            static p => p.Task("u", static () => 1),
            static p => p.Task("u", Nothing, configure: static t => t.Rule(TriggerRule.AllDone)),
            static p => p.Task("u", Nothing, configure: static t => t.Priority(1)),
            static p => p.Task("u", Nothing, configure: static t => t.MaxActive(1)),
            static p => p.Task("u", Nothing, configure: static t => t.MayFail()),
            static p => p.Task("u", Nothing, configure: static t => t.ChildProcess()),
            static p => p.Task("u", Nothing, configure: static t => t.ChildProcess(1L << 30)),
            p => p.Task("u", Nothing, configure: t => t.Cache(hour)),
            p => p.Task("u", Nothing, configure: t => t.Cache(hour, "2")),
            p => p.Task("u", Nothing, configure: t => t.Cache(hour, perInterval: false)),
            static p => p.Sensor("u", static () => true),
            p => p.Sensor("u", static () => true, every: hour),
            p => p.Sensor("u", static () => true, timeout: hour),
            static p => p.Sensor("u", static () => true, skipOnTimeout: true),
            static p => p.ShortCircuit("u", static () => true),
            static p => p.Setup("u", Nothing),
            static p => p.SubPipeline("u", "other"),
            static p => p.SubPipeline("u", "another"),
            static p => p.SubPipeline("u", "other", new Dictionary<string, object?> { ["n"] = 1 }),
            static p => p.SubPipeline("u", "other", new Dictionary<string, object?> { ["n"] = 2 }),
        ];
        string Hash(int setting) => PipelineWorld.Build("p", p => settings[setting](p.Schedule("@daily").Task("t", Nothing))).Hash;

        var hashes = Enumerable.Range(0, settings.Length).Select(Hash).ToList();
        Assert.Equal(hashes, Enumerable.Range(0, settings.Length).Select(Hash));
        Assert.All(hashes.Index(), h => Assert.True(hashes.IndexOf(h.Item) == h.Index, $"setting {h.Index} has the hash of setting {hashes.IndexOf(h.Item)}"));
    }

    private static string ErrorOf(Action<PipelineBuilder> configure) => Assert.Throws<TarnException>(() => PipelineWorld.Build("p", configure)).Message;

    private static void Nothing()
    {
    }
}
