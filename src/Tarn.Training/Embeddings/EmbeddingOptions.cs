using System.Globalization;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>How embeddings are computed and kept.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>Images given to the embedder at once. Default 16; 1 to 1,024.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Batches worked on at once. Default 0: one for each core. Range 0 to 1,024.</summary>
    public int Threads { get; init; }

    /// <summary>After how many embeddings they are committed; at most so many are lost when the process is killed. Default 512; 1 to 1,000,000.</summary>
    public int CommitRows { get; init; } = 512;

    /// <summary>After how long embeddings are committed, be they as few as they may. Default 15 s; at least 1 s.</summary>
    public TimeSpan CommitEvery { get; init; } = TimeSpan.FromSeconds(15);

    internal int EffectiveThreads => Threads == 0 ? Environment.ProcessorCount : Threads;

    /// <summary>Every rule that the options break, none where they are good.</summary>
    public IReadOnlyList<string> Errors()
    {
        var rules = new OptionRules();
        rules.Add(BatchSize is >= 1 and <= 1024, $"BatchSize = {BatchSize}: 1 to 1,024");
        rules.Add(Threads is >= 0 and <= 1024, $"Threads = {Threads}: 0 to 1,024");
        rules.Add(CommitRows is >= 1 and <= 1_000_000, $"CommitRows = {CommitRows}: 1 to 1,000,000");
        rules.Add(CommitEvery >= TimeSpan.FromSeconds(1), $"CommitEvery = {CommitEvery}: at least 1 s");
        return rules.Broken;
    }

    internal void Validate() => OptionRules.Check(Errors(), "The options of embeddings keep their ranges.");
}

/// <summary>How far the embedding of a dataset is, in views of images.</summary>
/// <param name="Done">Views that have their embedding.</param>
/// <param name="Total">All views.</param>
/// <param name="Kept">Of those done, how many were there before.</param>
public readonly record struct EmbeddingProgress(int Done, int Total, int Kept);
