namespace Tarn.Core;

/// <summary>How sending a message went.</summary>
public sealed record AlertSendResult
{
    private AlertSendResult(string? error) => Error = error;

    /// <summary>The receiver took it.</summary>
    public static AlertSendResult Sent { get; } = new((string?)null);

    /// <summary>Whether the receiver took it.</summary>
    public bool IsSent => Error is null;

    /// <summary>What is not well although the message was taken, such as one receiver of several that does not exist; null where all is.</summary>
    public string? Note { get; private init; }

    /// <summary>Why it did not.</summary>
    public string? Error { get; }

    /// <summary>Whether the receiver understood and refused: it will hardly change its mind soon, so this message waits long, and others go on.</summary>
    public bool IsRefused { get; private init; }

    /// <summary>How long the receiver asks to be left alone.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>Some of those for whom it was took it, and it is not sent again.</summary>
    public static AlertSendResult SentInPart(string note) => new((string?)null) { Note = note };

    /// <summary>It could not be sent now; the channel waits, and tries again.</summary>
    public static AlertSendResult Failed(string error, TimeSpan? retryAfter = null) => new(error) { RetryAfter = retryAfter };

    /// <summary>The receiver refused it.</summary>
    public static AlertSendResult Refused(string error) => new(error) { IsRefused = true };

    /// <summary>The same with another text.</summary>
    internal AlertSendResult Saying(Func<string, string> change) =>
        new(Error is null ? null : change(Error)) { IsRefused = IsRefused, RetryAfter = RetryAfter, Note = Note is null ? null : change(Note) };
}
