using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>How an attempt ended, as the run sees it.</summary>
internal enum AttemptOutcomeKind
{
    Success,
    Failed,
    FailedForGood,
    Skipped,
    Cancelled,
    Deferred,

    /// <summary>The process stops: the attempt is made again by the next one, and does not count.</summary>
    Interrupted,
}

/// <summary>How an attempt ended, and why. Its texts are those of users' code and of executors; from here on they are such that every store can keep them.</summary>
internal sealed record AttemptOutcome(AttemptOutcomeKind Kind, string? Error = null, TimeSpan? RetryAfter = null)
{
    public string? Error { get; } = StoredText.Clean(Error);

    public string? Result { get; init => field = StoredText.Clean(value); }

    public TimeSpan? DeferFor { get; init; }

    /// <summary>What the code reported, as a JSON object, or null.</summary>
    public string? Reported { get; init => field = StoredText.Clean(value); }

    /// <summary>The exceptions' messages from the outermost inwards, in one line where they are, as every store can keep them.</summary>
    public static string Describe(Exception exception)
    {
        var text = exception is TarnException or TaskException ? exception.Message : $"{exception.GetType().Name}: {exception.Message}";
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (!text.Contains(inner.Message, StringComparison.Ordinal))
            {
                text += $" ← {inner.GetType().Name}: {inner.Message}";
            }
        }

        return StoredText.Clean(ShortText.Of(text, 4000, "…"));
    }
}
