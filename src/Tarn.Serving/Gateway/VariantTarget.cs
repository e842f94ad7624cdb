using System.Globalization;

namespace Tarn.Serving;

/// <summary>What answers where a variant is chosen: a version of the endpoint's model, by its number, whichever version an alias means at the time, or a remote cluster. One of the three is given.</summary>
public sealed record VariantTarget
{
    /// <summary>The version's number, from 1; null where something else is meant.</summary>
    public long? Version { get; init; }

    /// <summary>The alias, 1 to 255 letters, digits, underscores and dashes; null where something else is meant.</summary>
    public string? Alias { get; init; }

    /// <summary>The name of a remote cluster (<see cref="RemoteModels"/>), 1 to 64 lower-case letters, digits and hyphens; null where something else is meant.</summary>
    public string? Remote { get; init; }

    /// <summary>A version.</summary>
    /// <param name="version">Its number, from 1.</param>
    public static VariantTarget OfVersion(long version) => new() { Version = version };

    /// <summary>The version that an alias means, also after it was given to another one.</summary>
    /// <param name="alias">1 to 255 letters, digits, underscores and dashes.</param>
    public static VariantTarget OfAlias(string alias) => new() { Alias = alias };

    /// <summary>A remote cluster, whose instances answer over HTTP. Variants alone may name it, no shadows and no canaries.</summary>
    /// <param name="name">The cluster's name: 1 to 64 lower-case letters, digits and hyphens.</param>
    public static VariantTarget OfRemote(string name) => new() { Remote = name };

    /// <summary>As <c>version 4</c>, <c>alias champion</c> or <c>remote gpu</c>.</summary>
    public override string ToString() => Version is { } version ? string.Create(CultureInfo.InvariantCulture, $"version {version}") : Remote is { } remote ? $"remote {remote}" : $"alias {Alias}";
}
