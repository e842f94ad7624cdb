using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tarn.Training;

/// <summary>How many images of a class there are.</summary>
/// <param name="Label">The class.</param>
/// <param name="Train">In the train split.</param>
/// <param name="Validation">In the validation split.</param>
/// <param name="Test">In the test split.</param>
public sealed record ClassCount(string Label, int Train, int Validation, int Test)
{
    /// <summary>All of them.</summary>
    public int All => Train + Validation + Test;
}

/// <summary>What there is to say of a dataset at a version.</summary>
public sealed record DatasetReport
{
    private static readonly JsonSerializerOptions Json = new(TrainingJson.Options)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>The dataset's table.</summary>
    public required string Table { get; init; }

    /// <summary>The table's version.</summary>
    public required long Version { get; init; }

    /// <summary>When the report was made.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>Images in the dataset.</summary>
    public required int Images { get; init; }

    /// <summary>Their files' bytes together.</summary>
    public required long Bytes { get; init; }

    /// <summary>Images by class and split, by class.</summary>
    public required IReadOnlyList<ClassCount> Classes { get; init; }

    /// <summary>Images by format, the most frequent first.</summary>
    public required IReadOnlyDictionary<string, int> Formats { get; init; }

    /// <summary>The least, the middle and the greatest width, in pixels; empty where there is no image.</summary>
    public required IReadOnlyList<int> Widths { get; init; }

    /// <summary>The least, the middle and the greatest height, in pixels; empty where there is no image.</summary>
    public required IReadOnlyList<int> Heights { get; init; }

    /// <summary>Groups of several images that look alike or belong together.</summary>
    public required int Groups { get; init; }

    /// <summary>Files in quarantine.</summary>
    public required int Quarantined { get; init; }

    /// <summary>All that was found, what is in quarantine among it, by check.</summary>
    public required IReadOnlyList<ImageFinding> Findings { get; init; }

    /// <summary>Who judged by the test images, the oldest first.</summary>
    public required IReadOnlyList<TestUse> TestUses { get; init; }

    /// <summary>The report as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    internal static DatasetReport Of(
        ImageDatasetSnapshot dataset, IReadOnlyList<QuarantinedImage> quarantined, IReadOnlyList<TestUse> uses, ImageDatasetOptions options, DateTimeOffset now) => new()
        {
            Table = dataset.Table,
            Version = dataset.Version,
            MadeAt = now,
            Images = dataset.Images.Count,
            Bytes = dataset.Images.Sum(static i => i.Bytes),
            Classes = [.. dataset.Classes.Select(c => new ClassCount(c, dataset.Count(c, DatasetSplit.Train), dataset.Count(c, DatasetSplit.Validation), dataset.Count(c, DatasetSplit.Test)))],
            Formats = dataset.Images.GroupBy(static i => i.Format, StringComparer.Ordinal).OrderByDescending(static g => g.Count()).ToDictionary(static g => g.Key, static g => g.Count(), StringComparer.Ordinal),
            Widths = Range(dataset.Images.Select(static i => i.Width)),
            Heights = Range(dataset.Images.Select(static i => i.Height)),
            Groups = dataset.Images.GroupBy(static i => i.GroupId, StringComparer.Ordinal).Count(static g => g.Skip(1).Any()),
            Quarantined = quarantined.Count,
            Findings = [.. quarantined.Select(static q => q.ToFinding()).Concat(DatasetChecks.Run(dataset, options)).OrderBy(static f => f.Check).ThenBy(static f => f.Subject, StringComparer.Ordinal)],
            TestUses = uses,
        };

    private static List<int> Range(IEnumerable<int> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? [] : [sorted[0], sorted[sorted.Count / 2], sorted[^1]];
    }
}
