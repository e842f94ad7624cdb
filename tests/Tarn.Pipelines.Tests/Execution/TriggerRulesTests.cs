using Xunit;

namespace Tarn.Pipelines.Tests.Execution;

/// <summary>
/// The rules as their documentation says them, each against every combination of states of three tasks before a task, and of none. A state of null has not ended yet.
/// </summary>
public sealed class TriggerRulesTests
{
    private static readonly AttemptState?[] States =
        [null, AttemptState.Success, AttemptState.Failed, AttemptState.UpstreamFailed, AttemptState.Skipped];

    [Theory]
    // One row a rule: what becomes of it after success, failed, skipped alone; success+failed; success+skipped; failed+skipped; success+running; failed+running; skipped+running.
    [InlineData(TriggerRule.AllSuccess, "start upstream skip upstream skip upstream wait wait wait")]
    [InlineData(TriggerRule.AllFailed, "skip start skip skip skip skip wait wait wait")]
    [InlineData(TriggerRule.AllDone, "start start start start start start wait wait wait")]
    [InlineData(TriggerRule.AllSkipped, "skip skip start skip skip skip wait wait wait")]
    [InlineData(TriggerRule.OneSuccess, "start upstream skip start start upstream start wait wait")]
    [InlineData(TriggerRule.OneFailed, "skip start skip start skip start wait start wait")]
    [InlineData(TriggerRule.OneDone, "start start skip start start start start start wait")]
    [InlineData(TriggerRule.NoneFailed, "start upstream start upstream start upstream wait wait wait")]
    [InlineData(TriggerRule.NoneFailedMinOneSuccess, "start upstream skip upstream start upstream wait wait wait")]
    [InlineData(TriggerRule.NoneSkipped, "start start skip start skip skip wait wait wait")]
    [InlineData(TriggerRule.Always, "start start start start start start start start start")]
    public void Each_rule_says_what_its_documentation_says(TriggerRule rule, string verdicts)
    {
        const AttemptState S = AttemptState.Success, F = AttemptState.Failed, K = AttemptState.Skipped;
        AttemptState?[][] before = [[S], [F], [K], [S, F], [S, K], [F, K], [S, null], [F, null], [K, null]];

        Assert.Equal(verdicts, string.Join(' ', before.Select(b => Word(Decide(rule, b)))));
    }

    [Fact]
    public void A_rule_starts_its_task_where_and_only_where_it_holds()
    {
        foreach (var rule in Enum.GetValues<TriggerRule>())
        {
            foreach (var before in Combinations(3))
            {
                var verdict = Decide(rule, before);
                Assert.True(Holds(rule, before) == (verdict == Verdict.Start), $"{rule} after {Text(before)}: {verdict}");
                Assert.True(verdict != Verdict.Wait || before.Contains(null), $"{rule} waits for ever after {Text(before)}");
                Assert.True(verdict != Verdict.UpstreamFailed || before.Any(IsFailed), $"{rule} after {Text(before)}: no failure is the cause");
            }
        }
    }

    [Fact]
    public void What_was_decided_before_all_have_ended_is_not_taken_back()
    {
        foreach (var rule in Enum.GetValues<TriggerRule>())
        {
            foreach (var before in Combinations(3).Where(b => b.Contains(null) && Decide(rule, b) != Verdict.Wait))
            {
                var next = States.Skip(1).Select(s => before.Select(b => b ?? s).ToArray());
                Assert.All(next, later => Assert.Equal(Decide(rule, before), Decide(rule, later)));
            }
        }
    }

    [Theory]
    [InlineData(TriggerRule.AllSuccess, "cancel")]
    [InlineData(TriggerRule.AllFailed, "cancel")]
    [InlineData(TriggerRule.AllDone, "start")]
    [InlineData(TriggerRule.AllSkipped, "cancel")]
    [InlineData(TriggerRule.OneSuccess, "cancel")]
    [InlineData(TriggerRule.OneFailed, "cancel")]
    [InlineData(TriggerRule.OneDone, "cancel")]
    [InlineData(TriggerRule.NoneFailed, "cancel")]
    [InlineData(TriggerRule.NoneFailedMinOneSuccess, "cancel")]
    [InlineData(TriggerRule.NoneSkipped, "cancel")]
    [InlineData(TriggerRule.Always, "start")]
    public void After_a_cancelled_task_only_what_asks_for_no_state_starts(TriggerRule rule, string verdict) =>
        Assert.Equal(verdict, Word(Decide(rule, [AttemptState.Cancelled])));

    private static bool IsFailed(AttemptState? state) => state is AttemptState.Failed or AttemptState.UpstreamFailed;

    private static bool Holds(TriggerRule rule, AttemptState?[] before)
    {
        var ended = !before.Contains(null);
        var (success, skipped) = (before.Contains(AttemptState.Success), before.Contains(AttemptState.Skipped));
        return rule switch
        {
            TriggerRule.AllSuccess => before.All(static s => s == AttemptState.Success),
            TriggerRule.AllFailed => before.All(IsFailed),
            TriggerRule.AllDone => ended,
            TriggerRule.AllSkipped => before.All(static s => s == AttemptState.Skipped),
            TriggerRule.OneSuccess => success,
            TriggerRule.OneFailed => before.Any(IsFailed),
            TriggerRule.OneDone => success || before.Any(IsFailed),
            TriggerRule.NoneFailed => ended && !before.Any(IsFailed),
            TriggerRule.NoneFailedMinOneSuccess => ended && !before.Any(IsFailed) && success,
            TriggerRule.NoneSkipped => ended && !skipped,
            _ => true,
        };
    }

    private static Verdict Decide(TriggerRule rule, AttemptState?[] before)
    {
        var counts = new BeforeCounts { All = before.Length };
        foreach (var state in before.OfType<AttemptState>())
        {
            counts.Add(state);
        }

        return TriggerRules.Decide(rule, counts);
    }

    private static IEnumerable<AttemptState?[]> Combinations(int tasks) => tasks == 0
        ? [[]]
        : Combinations(tasks - 1).SelectMany(rest => States.Select(s => rest.Append(s).ToArray())).Where(b => b.Length > 0);

    private static string Word(Verdict verdict) => verdict == Verdict.UpstreamFailed ? "upstream" : verdict.ToString().ToLowerInvariant();

    private static string Text(AttemptState?[] before) => string.Join(", ", before.Select(static s => s?.ToString() ?? "running"));
}
