namespace Tarn.Core;

/// <summary>What a channel sends: one alert, or several in one message.</summary>
public sealed record AlertMessage
{
    /// <summary>How many alerts of several are told one by one; the others are counted.</summary>
    public const int MostTold = 5;

    /// <summary>The alert's id; of several, a digest of theirs: the same where the same alerts are sent again.</summary>
    public required string Id { get; init; }

    /// <summary>The alerts, oldest first; at least one.</summary>
    public required IReadOnlyList<RecordedAlert> Alerts { get; init; }

    /// <summary>The gravest of theirs.</summary>
    public required AlertSeverity Severity { get; init; }

    /// <summary>One line, in the channel's own form: its values are escaped.</summary>
    public required string Title { get; init; }

    /// <summary>Some lines, in the channel's own form; may be empty.</summary>
    public required string Text { get; init; }

    /// <summary>What of a single alert the text does not say, by name, as plain text: the channel escapes it. Empty for several alerts.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; } = [];

    /// <summary>Where there is more: an absolute http or https URL, or null.</summary>
    public Uri? Link { get; init; }

    /// <summary>When the first of the alerts happened.</summary>
    public DateTimeOffset OccurredAt => Alerts[0].Alert.OccurredAt;
}
