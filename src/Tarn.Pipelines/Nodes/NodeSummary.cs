namespace Tarn.Pipelines;

/// <summary>A process that takes part in running pipelines on this store.</summary>
/// <param name="Id">Its id, new with each start.</param>
/// <param name="Name">What it calls itself.</param>
/// <param name="State">alive, or gone.</param>
/// <param name="IsLeader">Whether it makes runs by schedule, and leads them.</param>
/// <param name="Slots">How many attempts it runs at a time.</param>
/// <param name="Running">How many it runs now.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="SeenAt">When it was last known to live, by its own clock.</param>
public sealed record NodeSummary(string Id, string Name, string State, bool IsLeader, int Slots, int Running, DateTimeOffset StartedAt, DateTimeOffset SeenAt);
