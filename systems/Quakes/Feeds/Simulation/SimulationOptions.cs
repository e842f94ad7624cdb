namespace Quakes.Feeds.Simulation;

/// <summary>What the simulated earth does. Everything follows from these and the time: the same seed gives the same catalogue.</summary>
internal sealed record SimulationOptions
{
    /// <summary>The seed; default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The rate of everything, as a multiple of the real earth's; default 1.</summary>
    public double Activity { get; init; } = 1;

    /// <summary>The share of requests that go wrong (503, 429, cut off, slow, not JSON); default 0.02.</summary>
    public double Faults { get; init; } = 0.02;

    /// <summary>How many outages begin in a day of the feed, each of 2 to 20 minutes; default 0.5.</summary>
    public double OutagesPerDay { get; init; } = 0.5;

    /// <summary>The share of events whose first version is malformed; default 0.003.</summary>
    public double Malformed { get; init; } = 0.003;

    /// <summary>The share of events that are withdrawn later: two thirds by a deletion, one third by vanishing; default 0.015.</summary>
    public double Withdrawn { get; init; } = 0.015;

    /// <summary>The share of events that are listed twice; default 0.003.</summary>
    public double Duplicated { get; init; } = 0.003;

    /// <summary>The share of events first published hours or days late; default 0.04.</summary>
    public double Late { get; init; } = 0.04;

    /// <summary>How far back the catalogue reaches; default 31 days.</summary>
    public TimeSpan History { get; init; } = TimeSpan.FromDays(31);
}
