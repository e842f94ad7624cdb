using System.Globalization;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>What an <see cref="ImageTraining"/> is to do. The same plan on the same version of a dataset gives the same model.</summary>
public sealed record ImageTrainingPlan
{
    /// <summary>The registered model that gets a version.</summary>
    public required string Model { get; init; }

    /// <summary>The experiment of the training runs; null for one of the model's name.</summary>
    public string? Experiment { get; init; }

    /// <summary>Where the images come from, in words, for the card and the report.</summary>
    public required string Data { get; init; }

    /// <summary>Whether the images were drawn by a program. It is said wherever the model is, and such a model never takes the place of one that was trained on real images.</summary>
    public bool IsSynthetic { get; init; }

    /// <summary>The backbones to choose from, by name; empty (the default) for every one of the catalogue whose file is here.</summary>
    public IReadOnlyList<string> Backbones { get; init; } = [];

    /// <summary>Views of each training image, the image itself among them; 1 to 64, default 1: no augmentation. Validation and test images are never augmented.</summary>
    public int Views { get; init; } = 1;

    /// <summary>What views are like.</summary>
    public AugmentationSpec Augmentation { get; init; } = new();

    /// <summary>Trials of the search over backbone, augmentation and head; 0 to 10,000. Default 0: no search, three regressions on each backbone, and the best of these.</summary>
    public int Trials { get; init; }

    /// <summary>Folds of the cross-validation that a trial is judged by, over the images to learn from and to choose by; 2 to 20, default 4.</summary>
    public int Folds { get; init; } = 4;

    /// <summary>Trials at a time, 1 to 256; default 2. It is part of what the search is a function of: see <see cref="TunerOptions.Parallel"/>.</summary>
    public int Parallel { get; init; } = 2;

    /// <summary>What all randomness is drawn from. Default 1.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>When the new model takes the champion's place.</summary>
    public GateOptions Gate { get; init; } = new();

    /// <summary>Who trains, for the registry and its ledger.</summary>
    public string Who { get; init; } = "image training";

    internal string ExperimentName => Experiment ?? Model;

    /// <summary>Every rule that the plan breaks, none where it is good. The gate tells its own.</summary>
    public IReadOnlyList<string> Errors()
    {
        var rules = new OptionRules(Augmentation.Errors());
        rules.Add(Model.Length > 0, $"Model = {Model}: a name");
        rules.Add(Views is >= 1 and <= 64, $"Views = {Views}: 1 to 64");
        rules.Add(Trials is >= 0 and <= 10_000, $"Trials = {Trials}: 0 to 10,000");
        rules.Add(Folds is >= 2 and <= 20, $"Folds = {Folds}: 2 to 20");
        rules.Add(Parallel is >= 1 and <= 256, $"Parallel = {Parallel}: 1 to 256");
        rules.Add(Backbones.Distinct(StringComparer.OrdinalIgnoreCase).Count() == Backbones.Count, $"Backbones = {string.Join(", ", Backbones)}: each once");
        return rules.Broken;
    }

    internal void Validate() => OptionRules.Check(Errors(), "A training's plan keeps the ranges of its settings.");
}
