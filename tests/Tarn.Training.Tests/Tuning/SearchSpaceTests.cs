using Tarn.Core;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class SearchSpaceTests
{
    private static readonly SearchSpace Space = new SearchSpace()
        .Choice("head", "linear", "mlp").Float("rate", 1e-4, 1e-1, log: true).When("head", "mlp", static s => s.Int("hidden", 8, 512, log: true).Float("dropout", 0, 0.5)).Int("views", 1, 4);

    [Fact]
    public void Values_are_in_their_ranges_and_those_that_depend_on_a_choice_only_there_with_it()
    {
        var sampler = new RandomSampler(Space, 1);
        var trials = Enumerable.Range(0, 4000).Select(i => sampler.Suggest(i, [])).ToList();
        Assert.All(trials, static t => Assert.Equal(t.Choice("head") == "mlp", t.Has("hidden") && t.Has("dropout")));
        Assert.All(trials, static t => Assert.InRange(t.Float("rate"), 1e-4, 1e-1));
        Assert.Equal([1L, 2, 3, 4], trials.Select(static t => t.Int("views")).Distinct().Order());
        Assert.All(trials.GroupBy(static t => t.Int("views")), static g => Assert.InRange(g.Count(), 900, 1100));

        // Of three decades of rates each has a third.
        Assert.InRange(trials.Count(static t => t.Float("rate") < 1e-3), 1200, 1470);
        var hidden = trials.Where(static t => t.Has("hidden")).Select(static t => t.Int("hidden")).ToList();
        Assert.InRange(hidden.Count(static h => h < 64) / (double)hidden.Count, 0.45, 0.55);
    }

    [Fact]
    public void Parameters_go_to_json_and_back()
    {
        var sampler = new RandomSampler(Space.Choice("text", "a\"b", "1.5"), 2);
        for (var i = 0; i < 50; i++)
        {
            var json = sampler.Suggest(i, []).ToJson();
            Assert.Equal(json, TrialParameters.FromJson(json).ToJson());
        }

        var whole = new SearchSpace().Float("x", 2, 2);
        Assert.Equal(2.0, TrialParameters.FromJson(new RandomSampler(whole, 0).Suggest(0, []).ToJson()).Float("x"));
        var error = Assert.Throws<TarnException>(() => sampler.Suggest(0, []).Float("views"));
        Assert.Equal(("views", ErrorKind.NotFound), (error.Value, error.Kind));
    }

    [Fact]
    public void A_grid_holds_every_combination_once()
    {
        var grid = new GridSampler(Space, 3, 10_000);
        var all = Enumerable.Range(0, grid.Most).Select(i => grid.Suggest(i, []).ToJson()).ToList();

        // Rates × (linear + mlp × hidden × dropout) × views, of which there are four for three points: 1, 2 or 3, 4.
        Assert.Equal(3 * (1 + (3 * 3)) * 3, all.Count);
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.Equal(4, new GridSampler(new SearchSpace().Int("x", 1, 4), 5, 100).Most);
        Assert.Equal(7, new GridSampler(Space, 3, 7).Most);
    }

    [Fact]
    public void What_cannot_be_searched_is_refused()
    {
        Assert.Throws<TarnException>(() => new SearchSpace().Choice("a"));
        Assert.Throws<TarnException>(() => new SearchSpace().Choice("a", "x", "x"));
        Assert.Throws<TarnException>(() => new SearchSpace().Float("a", 1, 0));
        Assert.Throws<TarnException>(() => new SearchSpace().Float("a", 0, 1, log: true));
        Assert.Throws<TarnException>(() => new SearchSpace().Float("a", 0, double.NaN));
        Assert.Throws<TarnException>(() => new SearchSpace().Int("a", 0, 1).Int("a", 0, 1));
        Assert.Throws<TarnException>(() => Space.When("head", "tree", static s => s));
        Assert.Throws<TarnException>(() => Space.When("rate", "mlp", static s => s));
        Assert.Contains("ReductionFactor = 1", Assert.Throws<TarnException>(() => new Tuner(Space, new TunerOptions { ReductionFactor = 1, Trials = 0 })).Message, StringComparison.Ordinal);
    }
}
