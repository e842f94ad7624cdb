namespace Tarn.Core;

/// <summary>Something happened that somebody wants to be told of. What it says is plain text: each channel escapes it for its own form.</summary>
public sealed record Alert
{
    /// <summary>What happened: a name of lower-case letters, digits and underscores, 1 to 64; those of pipelines are in <see cref="AlertKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>How much it matters.</summary>
    public required AlertSeverity Severity { get; init; }

    /// <summary>What it happened to, such as the pipeline's name; 1 to 200 characters.</summary>
    public required string Subject { get; init; }

    /// <summary>One line; null for the kind's own words, as in <c>orders failed</c>. What is over 500 characters is cut.</summary>
    public string? Title { get; init; }

    /// <summary>More, where there is more to say than title and fields do; default empty. What is over 10,000 characters is cut.</summary>
    public string Text { get; init; } = "";

    /// <summary>
    /// Values by name, in the order in which they are shown. Those of <see cref="AlertFields"/> can be named by templates; others are shown beside.
    /// At most 50; of a value, what is over 4,000 characters is cut.
    /// </summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Alerts of one key that come within a channel's window are told in one message; null: this one is told by itself, at once. Default null.
    /// </summary>
    public string? GroupKey { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}

/// <summary>An alert as it is kept: with its id, by which receivers know it again, since an alert may come twice.</summary>
/// <param name="Id">The id.</param>
/// <param name="Alert">The alert; its title is set.</param>
public sealed record RecordedAlert(string Id, Alert Alert);
