using System.Text.Json.Serialization;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>How parameters are searched for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TunerMethod>))]
public enum TunerMethod
{
    /// <summary>Each trial's parameters are drawn evenly (Bergstra and Bengio, 2012).</summary>
    Random,

    /// <summary>Every combination of <see cref="TunerOptions.GridPoints"/> values a parameter, the last parameter changing fastest.</summary>
    Grid,

    /// <summary>Tree-structured Parzen estimator: where trials were good, and bad ones are rare (Bergstra et al., 2011).</summary>
    Tpe,

    /// <summary>Random trials at the least budget; the best 1 ÷ factor of them get factor times as much, and so on (Jamieson and Talwalkar, 2016).</summary>
    SuccessiveHalving,

    /// <summary>Brackets of successive halving, from many trials with little budget to few with all of it (Li et al., 2018, algorithm 1).</summary>
    Hyperband,
}

/// <summary>Which values are good.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TunerGoal>))]
public enum TunerGoal
{
    /// <summary>High ones: accuracy.</summary>
    Maximise,

    /// <summary>Low ones: a loss.</summary>
    Minimise,
}

/// <summary>How a tuning is done.</summary>
public sealed record TunerOptions
{
    /// <summary>How parameters are searched for. Default TPE.</summary>
    public TunerMethod Method { get; init; } = TunerMethod.Tpe;

    /// <summary>Which values are good. Default: high ones.</summary>
    public TunerGoal Goal { get; init; } = TunerGoal.Maximise;

    /// <summary>Trials, 1 to 100,000; of a grid at most; of successive halving at the least budget. Hyperband's follow from its budgets. Default 50.</summary>
    public int Trials { get; init; } = 50;

    /// <summary>
    /// Trials at a time, 1 to 1,024; default 1. Parameters of TPE are drawn for as many trials at once, from what came before them, so that the result is a function of the seed and this
    /// number, never of which trial was faster.
    /// </summary>
    public int Parallel { get; init; } = 1;

    /// <summary>What all parameters are drawn from. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>Values a number of a grid, 1 to 1,000; default 5.</summary>
    public int GridPoints { get; init; } = 5;

    /// <summary>Random trials before TPE has a model, at least 2; default 10.</summary>
    public int StartupTrials { get; init; } = 10;

    /// <summary>Values from which TPE takes the most promising one, 1 to 10,000; default 24.</summary>
    public int Candidates { get; init; } = 24;

    /// <summary>The share of trials that TPE calls good, over 0 and under 1; default 0.15.</summary>
    public double GoodShare { get; init; } = 0.15;

    /// <summary>What a trial gets at least, over 0; default 1. Methods without budgets give every trial <see cref="MaximumBudget"/>.</summary>
    public double MinimumBudget { get; init; } = 1;

    /// <summary>What a trial gets at most; default 27.</summary>
    public double MaximumBudget { get; init; } = 27;

    /// <summary>How many times as much the better ones get, and which part of them these are: 2 to 100; default 3.</summary>
    public int ReductionFactor { get; init; } = 3;

    /// <summary>Whether trials that failed in an earlier run of the study are tried again. Default false.</summary>
    public bool RetryFailed { get; init; }

    internal void Check()
    {
        var rules = new OptionRules();
        rules.Add(Trials is >= 1 and <= 100_000, nameof(Trials), Trials, "1 to 100,000");
        rules.Add(Parallel is >= 1 and <= 1024, nameof(Parallel), Parallel, "1 to 1,024");
        rules.Add(GridPoints is >= 1 and <= 1000, nameof(GridPoints), GridPoints, "1 to 1,000");
        rules.Add(StartupTrials >= 2, nameof(StartupTrials), StartupTrials, "at least 2");
        rules.Add(Candidates is >= 1 and <= 10_000, nameof(Candidates), Candidates, "1 to 10,000");
        rules.Add(GoodShare is > 0 and < 1, nameof(GoodShare), GoodShare, "over 0, under 1");
        rules.Add(MinimumBudget > 0, nameof(MinimumBudget), MinimumBudget, "over 0");
        rules.Add(MaximumBudget >= MinimumBudget && double.IsFinite(MaximumBudget), nameof(MaximumBudget), MaximumBudget, "finite, at least MinimumBudget");
        rules.Add(ReductionFactor is >= 2 and <= 100, nameof(ReductionFactor), ReductionFactor, "2 to 100");
        OptionRules.Check(rules.Broken, "A tuner's options keep their ranges.");
    }
}
