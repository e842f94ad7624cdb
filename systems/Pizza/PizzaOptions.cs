using System.ComponentModel.DataAnnotations;
using Tarn.Training;

namespace Pizza;

/// <summary>The section <c>Pizza</c> of the configuration.</summary>
public sealed class PizzaOptions : IValidatableObject
{
    /// <summary>The full path of a folder of images, a folder in it for each class (<c>pizza</c>, <c>not_pizza</c>, …); null (the default) for none. A run can name another one.</summary>
    public string? Images { get; set; }

    /// <summary>
    /// A table of the lake with images, as <c>layer.name</c>: its columns are <c>path</c>, <c>label</c> and <c>content</c> (the file's bytes). Where it is set, and no folder is, each commit to it
    /// runs the training. Default null.
    /// </summary>
    public string? Table { get; set; }

    /// <summary>The backbones to choose from, by name; empty (the default) for every one whose file is here.</summary>
    public IReadOnlyList<string> Backbones { get; set; } = [];

    /// <summary>Views of each training image, the image itself among them; default 3. 1 is no augmentation.</summary>
    [Range(1, 64)]
    public int Views { get; set; } = 3;

    /// <summary>Trials of a search over backbone, augmentation and head; default 50.</summary>
    [Range(1, 10_000)]
    public int Trials { get; set; } = 50;

    /// <summary>Trials at a time; default 2. Part of what a search is a function of.</summary>
    [Range(1, 256)]
    public int Parallel { get; set; } = 2;

    /// <summary>Whether runs by schedule and by data search; default true. A run by hand searches where it is told to.</summary>
    public bool Tune { get; set; } = true;

    /// <summary>What all randomness is drawn from; default 1.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>Pictures of each class that are drawn where there are no images; default 200.</summary>
    [Range(10, 100_000)]
    public int Drawn { get; set; } = 200;

    /// <summary>When the training runs by itself: cron of five fields, UTC, as in <c>0 3 * * *</c>; null (the default) for never. Where nothing new came, such a run ends early.</summary>
    public string? Schedule { get; set; }

    /// <summary>By how much the accuracy of a new model has to be greater than the champion's on the same test images; default 0.005.</summary>
    [Range(0.0, 1.0)]
    public double MinimumGain { get; set; } = new GateOptions().MinimumGain;

    /// <summary>The p of McNemar's exact test up to which a gain counts as none of chance; default 0.05.</summary>
    [Range(0.000001, 0.5)]
    public double Significance { get; set; } = new GateOptions().Significance;

    /// <summary>By how much a new model's calibration error may be greater than the champion's; default 0.02.</summary>
    [Range(0.0, 1.0)]
    public double MaximumCalibrationLoss { get; set; } = new GateOptions().MaximumCalibrationLoss ?? 1;

    /// <summary>By how much the accuracy on a slice of the test images may be less than the champion's; default 0.05.</summary>
    [Range(0.0, 1.0)]
    public double MaximumSliceLoss { get; set; } = new GateOptions().MaximumSliceLoss ?? 1;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Images is { Length: > 0 } images && !Path.IsPathFullyQualified(images))
        {
            yield return new ValidationResult("It is the full path of a folder.", [nameof(Images)]);
        }

        if (Table is { Length: > 0 } table && (table.Split('.') is not [{ Length: > 0 }, { Length: > 0 }] || !table.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_')))
        {
            yield return new ValidationResult("It is a table of the lake, layer.name.", [nameof(Table)]);
        }

        if (Backbones.Distinct(StringComparer.OrdinalIgnoreCase).Count() < Backbones.Count)
        {
            yield return new ValidationResult("Each backbone is named once.", [nameof(Backbones)]);
        }
    }

    internal GateOptions ToGate() => new()
    {
        MinimumGain = MinimumGain,
        Significance = Significance,
        MaximumCalibrationLoss = MaximumCalibrationLoss,
        MaximumSliceLoss = MaximumSliceLoss,
        Bootstrap = new BootstrapOptions { Seed = Seed },
    };
}
