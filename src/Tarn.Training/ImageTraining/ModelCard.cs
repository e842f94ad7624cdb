using System.Text.Json;

namespace Tarn.Training;

/// <summary>
/// What <c>card.json</c> says of a model: what it was trained on, how good it is, and what it came from. It is stored beside <c>model.onnx</c>, and goes to JSON and back.
/// </summary>
public sealed record ModelCard
{
    /// <summary>The tag of training runs and model versions that says whether the images were drawn by a program: <c>true</c> or <c>false</c>.</summary>
    public const string SyntheticTag = "tarn.synthetic";

    /// <summary>The tag of model versions that names the dataset they were trained on, as <see cref="DatasetOf"/> writes it.</summary>
    public const string DatasetTag = "tarn.dataset";

    /// <summary>The file's name.</summary>
    public const string FileName = "card.json";

    /// <summary>The version of this form: 1.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The registered model.</summary>
    public required string Model { get; init; }

    /// <summary>What it is, in a sentence.</summary>
    public required string Description { get; init; }

    /// <summary>When it was evaluated.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>The classes, in the order of the probabilities.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>What it was trained and judged on.</summary>
    public required CardData Data { get; init; }

    /// <summary>How it was chosen and trained.</summary>
    public required CardTraining Training { get; init; }

    /// <summary>How good it is on the test images, the likeliest class counting, as it is served; each metric with its interval.</summary>
    public required IReadOnlyList<MetricResult> Test { get; init; }

    /// <summary>The threshold that the validation images suggest, and what it does there; null where there are not two classes with images to choose by. The model itself takes the likeliest class.</summary>
    public ThresholdResult? Threshold { get; init; }

    /// <summary>The accuracy on the test images with that threshold; null where there is none.</summary>
    public double? TestAccuracyAtThreshold { get; init; }

    /// <summary>What to know before it is used.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>A version of a dataset as text.</summary>
    public static string DatasetOf(string table, long version) => FormattableString.Invariant($"{table} version {version}");

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ImageTrainingJson.Indented);

    /// <summary>From the JSON of <see cref="ToJson"/>.</summary>
    /// <exception cref="Tarn.Core.TarnException">The text is not such JSON.</exception>
    public static ModelCard FromJson(string json) => TrainingJson.Read<ModelCard>(json, "a model's card");
}

/// <summary>What a model was trained and judged on.</summary>
/// <param name="Table">The dataset's table.</param>
/// <param name="Version">Its version.</param>
/// <param name="Source">Where the images come from, in words.</param>
/// <param name="IsSynthetic">Whether they were drawn by a program.</param>
/// <param name="Images">Images by class and split.</param>
/// <param name="TestFingerprint">The SHA-256 over the test images' hashes and classes.</param>
/// <param name="EarlierTestUses">How often these test images had been judged by before.</param>
public sealed record CardData(string Table, long Version, string Source, bool IsSynthetic, IReadOnlyList<ClassCount> Images, string TestFingerprint, int EarlierTestUses);

/// <summary>How a model was chosen and trained.</summary>
/// <param name="Run">The registry's training run.</param>
/// <param name="Key">What ran it: a pipeline's run, for example.</param>
/// <param name="Choice">What was chosen, by cross-validation without the test images.</param>
/// <param name="Backbone">The backbone's file: its SHA-256.</param>
/// <param name="Temperature">What logits are divided by.</param>
/// <param name="Seed">The seed.</param>
/// <param name="GreatestDifference">By how much a probability of the exported model differs from the trainer's at most, over all test images.</param>
/// <param name="Tolerance">By how much it may.</param>
/// <param name="LatencyMilliseconds">The middle time of a call, on one core or more, of the machine that trained.</param>
public sealed record CardTraining(
    string Run, string Key, ImageChoice Choice, string Backbone, double Temperature, long Seed, double GreatestDifference, double Tolerance, double LatencyMilliseconds);
