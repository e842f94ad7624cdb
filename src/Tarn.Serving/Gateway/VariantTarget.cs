using System.Globalization;

namespace Tarn.Serving;

/// <summary>What answers where a variant is chosen: a version of the endpoint's model, by its number, or whichever version an alias means at the time. One of the two is given.</summary>
public sealed record VariantTarget
{
    /// <summary>The version's number, from 1; null where an alias is meant.</summary>
    public long? Version { get; init; }

    /// <summary>The alias, 1 to 255 letters, digits, underscores and dashes; null where a version is meant.</summary>
    public string? Alias { get; init; }

    /// <summary>A version.</summary>
    /// <param name="version">Its number, from 1.</param>
    public static VariantTarget OfVersion(long version) => new() { Version = version };

    /// <summary>The version that an alias means, also after it was given to another one.</summary>
    /// <param name="alias">1 to 255 letters, digits, underscores and dashes.</param>
    public static VariantTarget OfAlias(string alias) => new() { Alias = alias };

    /// <summary>As <c>version 4</c> or <c>alias champion</c>.</summary>
    public override string ToString() => Version is { } version ? string.Create(CultureInfo.InvariantCulture, $"version {version}") : $"alias {Alias}";
}
