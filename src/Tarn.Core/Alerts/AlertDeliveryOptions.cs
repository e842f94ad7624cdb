namespace Tarn.Core;

/// <summary>Settings of the delivery of alerts; configuration section <c>Alerts</c>.</summary>
public sealed class AlertDeliveryOptions
{
    private static readonly TimeSpan ShortestAge = TimeSpan.FromMinutes(1);

    /// <summary>
    /// An alert that could not be delivered for so long is given up, and kept as undelivered; 1 minute to 30 days, and longer than every channel's
    /// <see cref="AlertChannelOptions.GroupWindow"/>; default 1 day.
    /// </summary>
    public TimeSpan MaximumAge { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Alerts older than this are forgotten, unless they still wait for a channel; 1 hour to 3650 days, not less than <see cref="MaximumAge"/>; default 90 days.</summary>
    public TimeSpan Kept { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How long a channel waits after its first failure; doubled with each further one, less a random part of up to a half; 10 milliseconds to 1 hour, default 1 second.</summary>
    public TimeSpan FirstDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest that a channel waits, and the time after which a refused message is tried again; at least the first delay, at most 1 day, default 5 minutes.</summary>
    public TimeSpan LongestDelay { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The seed of the delays' random part. Default 0.</summary>
    public int JitterSeed { get; set; }

    /// <summary>What is wrong with the settings, each with key, value and rule; empty where nothing is.</summary>
    public IEnumerable<string> Errors()
    {
        if (MaximumAge < ShortestAge || MaximumAge > TimeSpan.FromDays(30))
        {
            yield return $"Alerts:MaximumAge is {MaximumAge}; it is 1 minute to 30 days.";
        }

        if (Kept < TimeSpan.FromHours(1) || Kept > TimeSpan.FromDays(3650))
        {
            yield return $"Alerts:Kept is {Kept}; it is 1 hour to 3650 days.";
        }
        else if (Kept < MaximumAge)
        {
            yield return $"Alerts:Kept is {Kept}; it is not less than Alerts:MaximumAge ({MaximumAge}), for which alerts may wait. Raise the one or lower the other.";
        }

        if (FirstDelay < TimeSpan.FromMilliseconds(10) || FirstDelay > TimeSpan.FromHours(1))
        {
            yield return $"Alerts:FirstDelay is {FirstDelay}; it is 10 milliseconds to 1 hour.";
        }

        if (LongestDelay < FirstDelay || LongestDelay > TimeSpan.FromDays(1))
        {
            yield return $"Alerts:LongestDelay is {LongestDelay}; it is FirstDelay to 1 day.";
        }
    }

    /// <summary>The rule that a channel's <see cref="AlertChannelOptions.GroupWindow"/> breaks beside these settings; null where it breaks none.</summary>
    /// <param name="window">The window.</param>
    public string? WindowRuleBrokenBy(TimeSpan window) => window < MaximumAge || MaximumAge < ShortestAge
        ? null
        : $"GroupWindow is {window}; it is less than Alerts:MaximumAge ({MaximumAge}), or its alerts are given up before they are sent. Shorten the one or raise the other.";
}
