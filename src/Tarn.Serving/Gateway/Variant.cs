namespace Tarn.Serving;

/// <summary>One of the answers that an endpoint has.</summary>
/// <param name="Name">Its name in the route: 1 to 64 lower-case letters, digits and hyphens.</param>
/// <param name="Target">What answers.</param>
/// <param name="Weight">Its share of the requests in proportion to the other variants' weights; 0 to 1,000,000. The weights need not sum to 100. With 0 only requests that ask for it by name get it.</param>
public sealed record Variant(string Name, VariantTarget Target, double Weight);

/// <summary>A target that is asked beside the variant that answers, and whose answers nobody waits for.</summary>
/// <param name="Name">Its name, as a variant's, and that of no variant of the route.</param>
/// <param name="Target">What is asked.</param>
/// <param name="Fraction">The part of the requests that it gets a copy of; 0 to 1.</param>
public sealed record Shadow(string Name, VariantTarget Target, double Fraction)
{
    private readonly ulong _seed = RouteHash.Of(Name, RouteHash.ShadowSeed);

    /// <summary>Whether a request is copied to this shadow.</summary>
    /// <param name="random">
    /// 64 random bits, which may be those that chose the variant: what they decide here depends neither on that choice nor on other shadows of the request.
    /// </param>
    public bool ShouldMirror(ulong random) => RouteHash.Unit(RouteHash.Mix(random ^ _seed)) < Fraction;
}
