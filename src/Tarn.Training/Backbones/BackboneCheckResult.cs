namespace Tarn.Training;

/// <summary>What a check of a backbone found.</summary>
/// <param name="Name">The backbone.</param>
/// <param name="Sha256">The SHA-256 of its file.</param>
/// <param name="Hash">The key of its embeddings: <see cref="Backbone.Hash"/>.</param>
/// <param name="EmbeddingSize">How many numbers a picture gets.</param>
/// <param name="EmbeddingSource">The tensor that is the embedding, and how it was found.</param>
/// <param name="Preparation">What becomes of pixels, in words.</param>
/// <param name="TakesBatches">Whether several pictures go through at once.</param>
/// <param name="Pictures">How many pictures were run; drawn ones where none were given.</param>
/// <param name="ResizeMilliseconds">The median time that one picture's resizing took.</param>
/// <param name="EmbedMilliseconds">The median time that one picture's embedding took.</param>
/// <param name="Findings">What was looked at.</param>
public sealed record BackboneCheckResult(
    string Name,
    string Sha256,
    string Hash,
    int EmbeddingSize,
    string EmbeddingSource,
    string Preparation,
    bool TakesBatches,
    int Pictures,
    double ResizeMilliseconds,
    double EmbedMilliseconds,
    IReadOnlyList<BackboneFinding> Findings)
{
    /// <summary>Whether nothing is in error; warnings may be.</summary>
    public bool IsUsable => !Findings.Any(static f => f.State == "error");
}

/// <summary>One thing that a check looked at.</summary>
/// <param name="Subject">What: <c>numbers</c>, <c>variety</c>, <c>preparation</c>.</param>
/// <param name="State"><c>ok</c>, <c>warning</c> (look at it) or <c>error</c> (not usable).</param>
/// <param name="Detail">What was found, with its figures.</param>
public sealed record BackboneFinding(string Subject, string State, string Detail);
