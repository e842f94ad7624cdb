namespace Tarn.Core;

/// <summary>Settings of the delivery of alerts; configuration section <c>Alerts</c>.</summary>
public sealed class AlertDeliveryOptions
{
    /// <summary>An alert that could not be delivered for so long is given up, and kept as undelivered; 1 minute to 30 days, default 1 day.</summary>
    public TimeSpan MaximumAge { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Alerts older than this are forgotten; 1 hour to 3650 days, default 90 days.</summary>
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
        if (MaximumAge < TimeSpan.FromMinutes(1) || MaximumAge > TimeSpan.FromDays(30))
        {
            yield return $"Alerts:MaximumAge is {MaximumAge}; it is 1 minute to 30 days.";
        }

        if (Kept < TimeSpan.FromHours(1) || Kept > TimeSpan.FromDays(3650))
        {
            yield return $"Alerts:Kept is {Kept}; it is 1 hour to 3650 days.";
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
}
