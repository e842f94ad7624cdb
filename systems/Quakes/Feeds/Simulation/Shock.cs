namespace Quakes.Feeds.Simulation;

/// <summary>One event of the simulated earth as it truly is, before anybody reports it.</summary>
/// <param name="Key">Unique for the seed; everything random about the event follows from it.</param>
/// <param name="Zone">Where it belongs.</param>
/// <param name="Time">When it happens.</param>
/// <param name="Magnitude">Its true magnitude.</param>
/// <param name="Longitude">Degrees east.</param>
/// <param name="Latitude">Degrees north.</param>
/// <param name="DepthKm">Kilometres.</param>
/// <param name="Parent">The event that set it off, or null for the background.</param>
internal sealed record Shock(
    ulong Key, Zone Zone, DateTimeOffset Time, double Magnitude, double Longitude, double Latitude, double DepthKm, Shock? Parent)
{
    /// <summary>Whether it is a blast in a mine.</summary>
    public bool IsBlast { get; init; }
}
