namespace Quakes.Feeds;

/// <summary>A feed's own clock: it passes a moment of the feed's time at a moment of ours, and runs at a multiple of our speed.</summary>
/// <param name="Time">Our clock.</param>
/// <param name="OurAnchor">A moment of ours.</param>
/// <param name="FeedAnchor">The feed's time at that moment.</param>
/// <param name="SpeedUp">How many seconds of the feed pass in one of ours.</param>
internal sealed record FeedClock(TimeProvider Time, DateTimeOffset OurAnchor, DateTimeOffset FeedAnchor, double SpeedUp)
{
    public DateTimeOffset Now
    {
        get
        {
            var now = FeedAnchor + ((Time.GetUtcNow() - OurAnchor) * SpeedUp);
            return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
        }
    }

    /// <summary>A clock that goes on from here at another speed.</summary>
    public FeedClock At(double speedUp)
    {
        var ours = Time.GetUtcNow();
        return new FeedClock(Time, ours, Now, speedUp);
    }

    public static FeedClock StartingAt(TimeProvider time, DateTimeOffset feedTime, double speedUp) => new(time, time.GetUtcNow(), feedTime, speedUp);
}
