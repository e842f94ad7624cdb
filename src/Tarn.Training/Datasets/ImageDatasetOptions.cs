using System.Globalization;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>How images are taken into a dataset.</summary>
public sealed record ImageDatasetOptions
{
    /// <summary>The share of images to learn from. Default 0.7; over 0, and the three together are 1.</summary>
    public double TrainShare { get; init; } = 0.7;

    /// <summary>The share of images to choose by. Default 0.15; at least 0.</summary>
    public double ValidationShare { get; init; } = 0.15;

    /// <summary>The share of images to judge by. Default 0.15; at least 0.</summary>
    public double TestShare { get; init; } = 0.15;

    /// <summary>How splits are given. Default <see cref="SplitRule.Balanced"/>.</summary>
    public SplitRule SplitRule { get; init; } = SplitRule.Balanced;

    /// <summary>What the order of hashes is drawn from. Default 0. Another seed splits a new dataset otherwise, and changes nothing of one that is there.</summary>
    public long Seed { get; init; }

    /// <summary>In how many of the 64 bits of their perceptual hashes two images that look alike differ at most. Default 8; 0 to 16; −1 for no comparing.</summary>
    public int NearDistance { get; init; } = 8;

    /// <summary>Whether the files' bytes are kept in the table. Default false: their paths, and the files must stay.</summary>
    public bool KeepContent { get; init; }

    /// <summary>The folder to read files from in place of the one that was stored, where they have moved; null for the stored one.</summary>
    public string? Root { get; init; }

    /// <summary>What an image may cost. Default 32 MiB and 50 million pixels.</summary>
    public ImageLimits Limits { get; init; } = ImageLimits.Default;

    /// <summary>The most bytes of EXIF, colour profiles and other notes in a file. Default 2 MiB; at least 0.</summary>
    public long MaxMetadataBytes { get; init; } = 2L << 20;

    /// <summary>The shortest side of an image, in pixels. Default 32; 1 to 4,096.</summary>
    public int MinimumSide { get; init; } = 32;

    /// <summary>Whether a file that holds several pictures is kept out. Default false: its first picture counts, and it is told.</summary>
    public bool RefuseAnimated { get; init; }

    /// <summary>Whether a file whose extension promises another format is kept out. Default false: its content counts, and it is told.</summary>
    public bool RefuseWrongExtension { get; init; }

    /// <summary>How many times more images than a class the largest may have before it is told. Default 10; at least 1.</summary>
    public double ImbalanceRatio { get; init; } = 10;

    /// <summary>Files that are examined at once. Default 0: one for each core. Range 0 to 1,024.</summary>
    public int Threads { get; init; }

    /// <summary>After how many bytes of files they are committed, where bytes are kept.</summary>
    internal long ContentBytesPerCommit { get; init; } = 64L << 20;

    internal int EffectiveThreads => Threads == 0 ? Environment.ProcessorCount : Threads;

    internal double Share(DatasetSplit split) => split switch
    {
        DatasetSplit.Train => TrainShare,
        DatasetSplit.Validation => ValidationShare,
        _ => TestShare,
    };

    /// <summary>Every rule that the options break, none where they are good.</summary>
    public IReadOnlyList<string> Errors()
    {
        var rules = new OptionRules();
        rules.Add(TrainShare > 0 && ValidationShare >= 0 && TestShare >= 0 && Math.Abs(TrainShare + ValidationShare + TestShare - 1) < 1e-9,
            $"TrainShare, ValidationShare, TestShare = {TrainShare}, {ValidationShare}, {TestShare}: at least 0, the first over 0, together 1");
        rules.Add(NearDistance is >= -1 and <= 16, $"NearDistance = {NearDistance}: 0 to 16, or −1");
        rules.Add(MaxMetadataBytes >= 0, $"MaxMetadataBytes = {MaxMetadataBytes}: at least 0");
        rules.Add(MinimumSide is >= 1 and <= 4096, $"MinimumSide = {MinimumSide}: 1 to 4,096");
        rules.Add(ImbalanceRatio >= 1, $"ImbalanceRatio = {ImbalanceRatio}: at least 1");
        rules.Add(Threads is >= 0 and <= 1024, $"Threads = {Threads}: 0 to 1,024");
        rules.Add(Root is null || System.IO.Path.IsPathFullyQualified(Root), $"Root = {Root}: a full path");
        return rules.Broken;
    }

    internal void Validate() => OptionRules.Check(Errors(), "A dataset's options keep their ranges.");
}
