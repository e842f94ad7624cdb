namespace Tarn.Training;

/// <summary>Where a network's embedding is.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="Pool">Whether it is a map of places whose mean is the embedding.</param>
/// <param name="Scale">The scale of its numbers where they are quantised, else null.</param>
/// <param name="ZeroPoint">Their zero, or null.</param>
/// <param name="Size">How many numbers an image gets, where the graph says so.</param>
/// <param name="Why">How it was found, for a person.</param>
internal sealed record EmbeddingPoint(string Tensor, bool Pool, string? Scale, string? ZeroPoint, long? Size, string Why)
{
    /// <summary>Whether a classifier comes after it.</summary>
    public bool IsBeforeClassifier { get; init; }
}
