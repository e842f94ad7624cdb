namespace Tarn.Training;

/// <summary>What is searched for over backbones: which, how many views, which head.</summary>
internal static class HeadSearch
{
    private const string Backbone = "backbone";
    private const string Views = "views";
    private const string Head = "head";
    private const string Regression = "regression";
    private const string Perceptron = "perceptron";
    private const string Decay = "decay";
    private const string Smoothing = "smoothing";
    private const string Strength = "strength";

    /// <summary>Without a search: how strongly a regression is held back, each tried on each backbone.</summary>
    private static readonly string[] Strengths = ["0.1", "1", "10"];

    /// <summary>How many trials a plan has with so many backbones.</summary>
    public static int Trials(int backbones, ImageTrainingPlan plan) => plan.Trials == 0 ? backbones * Strengths.Length : plan.Trials;

    /// <summary>The space of a plan. Without trials: a grid of the backbones and a few regressions.</summary>
    public static SearchSpace Space(IReadOnlyList<string> backbones, ImageTrainingPlan plan)
    {
        var space = new SearchSpace().Choice(Backbone, backbones);
        if (plan.Trials == 0)
        {
            return space.Choice(Strength, Strengths);
        }

        if (plan.Views > 1)
        {
            space = space.Choice(Views, "1", Text(plan.Views));
        }

        return space
            .Choice(Head, Regression, Perceptron)
            .Float(Smoothing, 0, 0.1)
            .When(Head, Regression, static s => s.Float(Decay, 1e-3, 100, log: true))
            .When(Head, Perceptron, static s => s.Int("hidden", 16, 128, log: true).Float("dropout", 0, 0.6).Float("rate", 3e-4, 1e-2, log: true).Float("weightDecay", 1e-5, 0.1, log: true));
    }

    public static string BackboneOf(TrialParameters parameters) => parameters.Choice(Backbone);

    /// <summary>How many views a trial trains with: without a search, all there are.</summary>
    public static int ViewsOf(TrialParameters parameters, ImageTrainingPlan plan) =>
        parameters.Has(Views) ? int.Parse(parameters.Choice(Views), System.Globalization.CultureInfo.InvariantCulture) : plan.Views;

    /// <summary>The head of a trial.</summary>
    public static HeadSpec SpecOf(TrialParameters parameters, long seed)
    {
        if (!parameters.Has(Head) || parameters.Choice(Head) == Regression)
        {
            return new HeadSpec
            {
                Optimizer = HeadOptimizer.Lbfgs,
                WeightDecay = parameters.Has(Decay) ? parameters.Float(Decay) : double.Parse(parameters.Choice(Strength), System.Globalization.CultureInfo.InvariantCulture),
                LabelSmoothing = parameters.Has(Smoothing) ? parameters.Float(Smoothing) : 0,
                ClassWeights = ClassWeighting.Balanced,
                Epochs = 100,
                EarlyStoppingPatience = 30,
                Seed = seed,
            };
        }

        return new HeadSpec
        {
            HiddenSizes = [(int)parameters.Int("hidden")],
            Dropout = parameters.Float("dropout"),
            LearningRate = parameters.Float("rate"),
            WeightDecay = parameters.Float("weightDecay"),
            LabelSmoothing = parameters.Float(Smoothing),
            ClassWeights = ClassWeighting.Balanced,
            Epochs = 40,
            EarlyStoppingPatience = 6,
            PlateauPatience = 3,
            Seed = seed,
        };
    }

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
