using System.CommandLine;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Verbs
    {
        get
        {
            var root = new CommandLine(NotesProgram.Create().Close(), ProgramSurroundings.OfProcess()).Root;
            return [.. Below(root, "")];
        }
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Each_verb_has_help_with_an_example(string verb)
    {
        using var folder = new TemporaryDirectory();
        var run = new TestRun { DataDirectory = folder.Combine("data") };
        Assert.Equal(0, await run.RunAsync([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]));
        Assert.Contains("Examples:", run.Output, StringComparison.Ordinal);
        Assert.Contains($"tarn {verb}".TrimEnd(), run.Output[run.Output.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Contains("--json", run.Output, StringComparison.Ordinal);
        Assert.Contains("--data", run.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(run.DataDirectory));
    }

    [Fact]
    public void The_verbs_are_those_of_the_documentation() => Assert.Equal(
        [
            "", "alerts", "alerts channels", "alerts list", "alerts test", "audit", "audit list", "backbones", "backbones add", "backbones check", "backbones list", "datasets", "datasets list", "datasets show", "doctor",
            "endpoints", "endpoints create", "endpoints delete", "endpoints feedback", "endpoints ledger", "endpoints list", "endpoints rollout", "endpoints show", "endpoints split", "experiments", "experiments list",
            "keys", "keys create", "keys list", "keys revoke", "keys rotate", "models", "models ledger", "models list", "models promote", "models rollback", "models show", "models which", "nodes",
            "pipelines", "pipelines backfill", "pipelines backfill-cancel", "pipelines backfill-pause", "pipelines backfill-resume", "pipelines backfills", "pipelines calendar", "pipelines list", "pipelines pause", "pipelines repairs", "pipelines resume", "pipelines run", "pipelines show", "predict",
            "runs", "runs cancel", "runs list", "runs logs", "runs retry", "runs show",
            "tables", "tables history", "tables list", "tables optimize", "tables query", "tables refresh", "tables restore", "tables show", "tables vacuum",
            "topics", "topics list", "topics produce", "topics show", "topics tail", "train", "training-runs", "training-runs list", "training-runs show", "up", "version",
        ],
        Verbs.Select(static row => row.Data).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("nonsense", 2, "no verb of that name")]
    [InlineData("pipelines", 2, "list, show, run, pause, resume")]
    [InlineData("pipelines run", 2, "PIPELINE")]
    [InlineData("pipelines run hours --param size", 2, "NAME=VALUE")]
    [InlineData("pipelines run hours --param width=2", 2, "'width' is no parameter")]
    [InlineData("pipelines backfill hours --from 2026-10-01", 2, "--to")]
    [InlineData("pipelines backfill hours --from soon --to 2026-10-01", 2, "ISO 8601")]
    [InlineData("pipelines calendar hours --zone Mars/Olympus", 2, "Europe/Berlin")]
    [InlineData("runs list --trigger whim", 2, "sub_pipeline")]
    [InlineData("tables query", 2, "SQL")]
    [InlineData("runs list --limit x", 2, "x")]
    [InlineData("up nosystem", 2, "notes, idle")]
    [InlineData("up --nonsense", 2, "no such option")]
    [InlineData("pipelines run write --logical-date soon", 2, "ISO 8601")]
    [InlineData("version --set nonsense=", 0, "")]
    [InlineData("pipelines list --set nonsense", 2, "KEY=VALUE")]
    public async Task Usage_that_is_not_understood_ends_with_2(string arguments, int code, string said)
    {
        using var folder = new TemporaryDirectory();
        var run = new TestRun { DataDirectory = folder.Combine("data") };
        Assert.Equal(code, await run.RunAsync(arguments.Split(' ')));
        Assert.Contains(said, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_verb_the_help_is_shown()
    {
        var run = new TestRun { DataDirectory = "" };
        Assert.Equal(2, await run.RunAsync(NotesProgram.Create(), TestContext.Current.CancellationToken));
        Assert.Contains("pipelines", run.Output, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Below(Command command, string path)
    {
        yield return path;
        foreach (var below in command.Subcommands.Where(static c => !c.Hidden).SelectMany(c => Below(c, $"{path} {c.Name}".Trim())))
        {
            yield return below;
        }
    }
}
