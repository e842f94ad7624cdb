namespace Quakes.Feeds.Simulation;

/// <summary>What a network says of an event from a moment on.</summary>
internal sealed record Revision
{
    public required DateTimeOffset Updated { get; init; }

    public required double Magnitude { get; init; }

    public required string MagnitudeType { get; init; }

    public required double Longitude { get; init; }

    public required double Latitude { get; init; }

    public required double DepthKm { get; init; }

    public required bool IsReviewed { get; init; }

    public int Stations { get; init; }

    public double Gap { get; init; }

    public double Rms { get; init; }

    public double? NearestDegrees { get; init; }

    public long? Felt { get; init; }

    public double? FeltIntensity { get; init; }

    public double? EstimatedIntensity { get; init; }

    public string? Alert { get; init; }

    public Flaw Flaw { get; init; }
}

/// <summary>How a version is malformed.</summary>
internal enum Flaw
{
    None,
    MagnitudeIsText,
    NoCoordinates,
    NoTime,
    LatitudeOutOfRange,
    NotAFeature,
}
