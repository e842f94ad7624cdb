namespace Quakes.Feeds.Simulation;

/// <summary>A stretch of the simulated earth where quakes cluster along a line.</summary>
/// <param name="Name">What a place is called where no town is near.</param>
/// <param name="Net">The network that reports from there.</param>
/// <param name="Line">The line, as longitude and latitude in turn.</param>
/// <param name="SpreadKm">How far from the line events scatter (one standard deviation).</param>
/// <param name="Completeness">The smallest magnitude that the network sees reliably, Mc; none smaller is made.</param>
/// <param name="PerDay">Background events at or above Mc in a day, aftershocks not counted.</param>
/// <param name="MeanDepthKm">The mean of the exponential depth.</param>
internal sealed record Zone(string Name, string Net, double[] Line, double SpreadKm, double Completeness, double PerDay, double MeanDepthKm)
{
    /// <summary>Whether the coast is near enough for a large shallow quake to raise a tsunami bulletin.</summary>
    public bool Offshore { get; init; }

    /// <summary>Whether mines blast there by day.</summary>
    public double BlastsPerDay { get; init; }

    /// <summary>A point on the line, a fraction of the way along its segments.</summary>
    public (double Longitude, double Latitude) At(double fraction)
    {
        var segments = (Line.Length / 2) - 1;
        var at = Math.Clamp(fraction, 0, 0.999999) * segments;
        var i = (int)at * 2;
        var part = at - (int)at;
        return (Line[i] + ((Line[i + 2] - Line[i]) * part), Line[i + 1] + ((Line[i + 3] - Line[i + 1]) * part));
    }
}
