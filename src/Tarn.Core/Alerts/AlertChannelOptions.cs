namespace Tarn.Core;

/// <summary>What every channel can be told.</summary>
public sealed record AlertChannelOptions
{
    /// <summary>The channel's own words; default none, those of the kind or of the alert.</summary>
    public AlertWording Wording { get; init; } = AlertWording.None;

    /// <summary>How long after the first alert of a group key the others are waited for, to be told in one message; 0 to 1 hour and less than <see cref="AlertDeliveryOptions.MaximumAge"/>, default 1 minute. With 0 each is told at once.</summary>
    public TimeSpan GroupWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The most messages that are sent in a minute; 1 to 10,000, default 20. What comes above it is told in one summary, when there is room again.</summary>
    public int MessagesPerMinute { get; init; } = 20;

    /// <summary>How long a message may take; 1 second to 5 minutes, default 15 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);
}
