namespace Tarn.Pipelines;

/// <summary>How the code of an attempt ended.</summary>
internal enum AttemptOutcomeKind
{
    Success,
    Failed,
    FailedForGood,
    Skipped,
    Cancelled,

    /// <summary>The process stops: the attempt is made again by the next one, and does not count.</summary>
    Interrupted,
}

/// <summary>How the code of an attempt ended, and why.</summary>
internal sealed record AttemptOutcome(AttemptOutcomeKind Kind, string? Error = null, TimeSpan? RetryAfter = null)
{
    public static AttemptOutcome Success { get; } = new(AttemptOutcomeKind.Success);

    /// <summary>The exceptions' messages from the outermost inwards, in one line where they are.</summary>
    public static string Describe(Exception exception)
    {
        var text = exception is Core.TarnException or TaskException ? exception.Message : $"{exception.GetType().Name}: {exception.Message}";
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (!text.Contains(inner.Message, StringComparison.Ordinal))
            {
                text += $" ← {inner.GetType().Name}: {inner.Message}";
            }
        }

        return text.Length <= 4000 ? text : string.Concat(text.AsSpan(0, 4000), "…");
    }
}
