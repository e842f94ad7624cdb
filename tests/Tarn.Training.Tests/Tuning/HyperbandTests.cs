using Xunit;

namespace Tarn.Training.Tests;

public sealed class HyperbandTests
{
    private static readonly SearchSpace Space = new SearchSpace().Float("x", 0, 1);

    [Fact]
    public void Brackets_are_those_of_the_papers_algorithm()
    {
        // R = 81, η = 3, by hand: n = ⌈5 · 3ˢ ÷ (s + 1)⌉.
        var brackets = HalvingBracket.Hyperband(1, 81, 3);
        Assert.Equal([4, 3, 2, 1, 0], brackets.Select(static b => b.Number));
        Assert.Equal(
            ["81×1 27×3 9×9 3×27 1×81", "34×3 11×9 3×27 1×81", "15×9 5×27 1×81", "8×27 2×81", "5×81"],
            brackets.Select(static b => string.Join(" ", b.Rungs.Select(static r => FormattableString.Invariant($"{r.Trials}×{r.Budget}")))));
    }

    [Theory]
    [InlineData(1, 243, 3, 5)]
    [InlineData(1, 242, 3, 4)]
    [InlineData(2, 54, 3, 3)]
    [InlineData(1, 1, 3, 0)]
    [InlineData(1, 1024, 4, 5)]
    [InlineData(0.1, 100, 10, 3)]
    public void The_greatest_budget_is_reached_by_whole_powers(double least, double most, int factor, int levels)
    {
        var brackets = HalvingBracket.Hyperband(least, most, factor);
        Assert.Equal(levels + 1, brackets.Count);
        Assert.All(brackets, b => Assert.Equal(most, b.Rungs[^1].Budget, 1e-9 * most));
        Assert.All(brackets, b => Assert.True(b.Rungs[0].Budget >= least * (1 - 1e-9)));
    }

    [Fact]
    public void Halving_goes_down_to_one_trial_or_up_to_the_greatest_budget()
    {
        static string Text(HalvingBracket b) => string.Join(" ", b.Rungs.Select(static r => FormattableString.Invariant($"{r.Trials}×{r.Budget}")));
        Assert.Equal("20×1 6×3 2×9", Text(HalvingBracket.Halving(20, 1, 27, 3)));
        Assert.Equal("20×1 10×2", Text(HalvingBracket.Halving(20, 1, 3, 2)));
    }

    [Fact]
    public async Task Better_trials_go_on_from_their_checkpoint_and_the_others_are_pruned()
    {
        var options = new TunerOptions { Method = TunerMethod.SuccessiveHalving, Trials = 9, MinimumBudget = 1, MaximumBudget = 9, Goal = TunerGoal.Minimise };
        var calls = new List<(int Trial, double Budget, int Before)>();
        var result = await new Tuner(Space, options).RunAsync((trial, _) =>
        {
            calls.Add((trial.Number, trial.Budget, trial.Checkpoint?[0] ?? 0));
            trial.Keep([(byte)trial.Budget]);
            return Task.FromResult(trial.Parameters.Float("x") / trial.Budget);
        }, TestContext.Current.CancellationToken);
        var ranked = result.Trials.OrderBy(static t => t.Parameters.Float("x")).Select(static t => t.Number).ToList();
        Assert.Equal(9 + 3 + 1, calls.Count);
        Assert.Equal(ranked.Take(3).Order(), calls.Where(static c => c.Budget == 3).Select(static c => c.Trial).Order());
        Assert.Equal([(ranked[0], 9.0, 3)], calls.Where(static c => c.Budget == 9));
        Assert.All(calls.Where(static c => c.Budget == 3), static c => Assert.Equal(1, c.Before));
        Assert.Equal((ranked[0], TrialState.Completed, 9.0), (result.Best!.Number, result.Best.State, result.Best.Budget));
        Assert.Equal(8, result.Trials.Count(static t => t.State == TrialState.Pruned));
    }

    [Fact]
    public async Task Failed_trials_make_room_for_the_next_best()
    {
        var options = new TunerOptions { Method = TunerMethod.Hyperband, MaximumBudget = 9, Goal = TunerGoal.Maximise };
        var result = await new Tuner(Space, options).RunAsync(
            static (trial, _) => trial.Number % 2 == 0 ? throw new InvalidOperationException("no memory") : Task.FromResult(trial.Parameters.Float("x")), TestContext.Current.CancellationToken);
        Assert.Equal(9 + 5 + 3, result.Trials.Count);
        Assert.All(result.Trials, static t => Assert.Equal(t.Number % 2 == 0, t.State == TrialState.Failed));
        Assert.Equal("InvalidOperationException: no memory", result.Trials[0].Reason);
        Assert.Equal(9, result.Best!.Budget);
    }
}
