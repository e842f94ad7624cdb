using Tarn.Lake;

namespace Tarn.Training;

/// <summary>That somebody judged by a dataset's test images: a row of its ledger of test uses.</summary>
[Describe("Who judged by the test images of a dataset, and when.")]
public sealed record TestUse
{
    /// <summary>Who: a training run's id, or what else is judged.</summary>
    [Describe("Who judged: a training run, or what else.")]
    public required string UsedBy { get; init; }

    /// <summary>What for, such as <c>evaluation</c> or <c>gate</c>.</summary>
    [Describe("What for, such as evaluation or gate.")]
    public required string Purpose { get; init; }

    /// <summary>The version of the dataset's table.</summary>
    [Describe("The version of the dataset.")]
    public long DatasetVersion { get; init; }

    /// <summary>How many test images that version has.</summary>
    [Describe("How many test images that version has.")]
    public int Images { get; init; }

    /// <summary>The SHA-256 over the hashes and classes of the test images: versions whose test images are the same have the same.</summary>
    [Describe("The SHA-256 over the test images' hashes and classes.")]
    public required string Fingerprint { get; init; }

    /// <summary>When.</summary>
    [Describe("When.")]
    public DateTimeOffset UsedAt { get; init; }
}

/// <summary>What the ledger answers to a use.</summary>
/// <param name="Use">The use, as it stands in the ledger.</param>
/// <param name="EarlierUses">Uses of the same test images by others before, the oldest first. None of them: the images are judged by for the first time.</param>
public sealed record TestUseResult(TestUse Use, IReadOnlyList<TestUse> EarlierUses)
{
    /// <summary>Whether nobody else judged by these images before.</summary>
    public bool IsFirst => EarlierUses.Count == 0;

    /// <summary>What to tell of it, in a sentence; null where it is the first use.</summary>
    public string? Warning => IsFirst
        ? null
        : $"The test images were used {(EarlierUses.Count == 1 ? "once" : $"{EarlierUses.Count} times")} before, first by {EarlierUses[0].UsedBy} ({EarlierUses[0].Purpose}): " +
          "what is chosen by the outcome is no longer judged by images that nobody had seen.";
}
