using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// How an endpoint splits its requests among its variants. Immutable; safe for use from several threads. Two routes are equal where they split in the same way.
/// </summary>
public sealed class Route : IEquatable<Route>
{
    private readonly Variant[] _variants;
    private readonly Shadow[] _shadows;
    private readonly double[] _cumulative;
    private readonly ulong[] _seeds;

    /// <summary>A route.</summary>
    /// <param name="variants">1 to 100 variants, at least one of them with a weight over 0.</param>
    /// <param name="shadows">Up to 10 shadows; null for none.</param>
    /// <param name="stickyHeader">
    /// The request header (HTTP) or metadata key (gRPC) that holds the user's key, by which the user keeps a variant; null: each request is dealt by itself. 1 to 64 letters, digits and hyphens.
    /// </param>
    /// <param name="salt">What users are dealt by beside their keys: with another salt they are dealt anew. Up to 64 characters; empty: the endpoint's name.</param>
    /// <exception cref="TarnException">It breaks rules; the message has all of them.</exception>
    public Route(IReadOnlyList<Variant> variants, IReadOnlyList<Shadow>? shadows = null, string? stickyHeader = null, string salt = "")
    {
        ServingRules.Check(RouteRules.Broken(variants, shadows ?? [], stickyHeader, salt), "A route keeps its rules.");
        (_variants, _shadows, StickyHeader, Salt) = ([.. variants], [.. shadows ?? []], stickyHeader, salt);
        _cumulative = new double[_variants.Length];
        _seeds = new ulong[_variants.Length];
        var sum = 0.0;
        for (var i = 0; i < _variants.Length; i++)
        {
            _cumulative[i] = sum += _variants[i].Weight;
            _seeds[i] = RouteHash.Of(_variants[i].Name, RouteHash.Of(salt, RouteHash.VariantSeed));
        }
    }

    /// <summary>The route of an endpoint for which none was said: everything to the model's champion.</summary>
    public static Route Champion { get; } = new([new Variant("champion", VariantTarget.OfAlias("champion"), 100)]);

    /// <summary>The variants, in the order in which they were given.</summary>
    public IReadOnlyList<Variant> Variants => _variants;

    /// <summary>The shadows.</summary>
    public IReadOnlyList<Shadow> Shadows => _shadows;

    /// <summary>The header that holds the user's key; null where users keep no variant.</summary>
    public string? StickyHeader { get; }

    /// <summary>What users are dealt by beside their keys.</summary>
    public string Salt { get; }

    /// <summary>The share of the requests that a variant gets; 0 to 1.</summary>
    public double ShareOf(Variant variant) => variant.Weight / _cumulative[^1];

    /// <summary>The variant of a name, or null.</summary>
    public Variant? Find(ReadOnlySpan<char> name)
    {
        foreach (var variant in _variants)
        {
            if (name.SequenceEqual(variant.Name))
            {
                return variant;
            }
        }

        return null;
    }

    /// <summary>
    /// Chooses who answers a request; allocates nothing. A variant that the request names wins, also one of weight 0. Else, where the route keeps users at their variants and the request
    /// has a key, by the key; else by chance, in proportion to the weights.
    /// </summary>
    /// <remarks>
    /// Keys are dealt by weighted rendezvous hashing (Thaler and Ravishankar, 1998; the logarithmic form for weights: Schindelhauer and Schomaker, 2005): of each variant a number u in
    /// (0, 1) is made of the salt, the variant's name and the key, and the greatest weight / −ln u wins. So a key's variant depends on nothing else, each variant gets its share of the keys, and
    /// where one weight changes in proportion to the others, keys move only to that variant or only away from it: as few as the new shares need.
    /// </remarks>
    /// <param name="stickyKey">The user's key, empty where the request has none. It is not looked at where <see cref="StickyHeader"/> is null.</param>
    /// <param name="overrideName">The name of the variant that the request asks for, empty where it asks for none.</param>
    /// <param name="random">64 random bits of this request.</param>
    /// <exception cref="TarnException">No variant has the name that the request asks for.</exception>
    public Variant Choose(ReadOnlySpan<char> stickyKey, ReadOnlySpan<char> overrideName, ulong random)
    {
        if (!overrideName.IsEmpty)
        {
            return Find(overrideName) ?? throw Unknown(overrideName);
        }

        return StickyHeader is not null && !stickyKey.IsEmpty ? ChooseByKey(stickyKey) : ChooseByChance(random);
    }

    /// <summary>The same split with another salt.</summary>
    internal Route WithSalt(string salt) => new(_variants, _shadows, StickyHeader, salt);

    /// <summary>The same shadows and users' keys with other variants.</summary>
    internal Route WithVariants(params IReadOnlyList<Variant> variants) =>
        new(variants, [.. _shadows.Where(s => variants.All(v => v.Name != s.Name))], StickyHeader, Salt);

    /// <inheritdoc/>
    public bool Equals(Route? other) =>
        other is not null && StickyHeader == other.StickyHeader && Salt == other.Salt && _variants.AsSpan().SequenceEqual(other._variants) && _shadows.AsSpan().SequenceEqual(other._shadows);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Route);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(StickyHeader, Salt, _variants.Length, _variants[0], _cumulative[^1]);

    private Variant ChooseByChance(ulong random)
    {
        var at = RouteHash.Unit(random) * _cumulative[^1];
        for (var i = 0; i < _cumulative.Length; i++)
        {
            if (at < _cumulative[i])
            {
                return _variants[i];
            }
        }

        // The product of a number under 1 and the sum rounds to less than the sum.
        throw new System.Diagnostics.UnreachableException();
    }

    private Variant ChooseByKey(ReadOnlySpan<char> key)
    {
        var hash = RouteHash.Of(key, 0);
        var best = -1;
        var greatest = 0.0;
        for (var i = 0; i < _variants.Length; i++)
        {
            var score = -_variants[i].Weight / Math.Log(RouteHash.OpenUnit(RouteHash.Mix(hash ^ _seeds[i])));
            if (score > greatest)
            {
                (best, greatest) = (i, score);
            }
        }

        return _variants[best];
    }

    private TarnException Unknown(ReadOnlySpan<char> name) => TarnException.InvalidInput(
        "The endpoint has no variant of the name that the request asks for.", ServingRules.Short(name.ToString()), $"It has {string.Join(", ", _variants.Select(static v => v.Name))}.");
}
