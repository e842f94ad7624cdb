namespace Tarn.Lake;

/// <summary>A commit after a version, and which event times it touched.</summary>
/// <param name="Version">The version that it made; of an entry for commits that are gone, the last of them.</param>
/// <param name="Timestamp">When, as the commit itself says; of an entry for commits that are gone, the time of the first one that is left.</param>
/// <param name="Operation">What made it, such as <c>WRITE</c> or <c>MERGE</c>; null where it does not say.</param>
/// <param name="Applications">The applications whose progress was stored with it (<see cref="AppTransaction.AppId"/>).</param>
/// <param name="Touched">The event times; null where nothing is known of them, so that they may be any.</param>
public sealed record TouchedCommit(long Version, DateTimeOffset Timestamp, string? Operation, IReadOnlyList<string> Applications, TouchedTimes? Touched)
{
    /// <summary>The first version that the entry stands for; its own but for commits that are gone.</summary>
    public long FirstVersion { get; init; } = Version;

    /// <summary>Whether the log no longer holds the commits from <see cref="FirstVersion"/> to <see cref="Version"/>: they were cleaned away, and what they touched is not known.</summary>
    public bool IsGone { get; init; }

    /// <summary>Whether nothing is known of what was touched: all event times count.</summary>
    public bool IsUnknown => Touched is null;
}
