using System.Collections.Frozen;
using System.Globalization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>A model at one moment: its versions, which of them are loaded, and its aliases. Immutable; a change makes a new one.</summary>
internal sealed class ServedModel
{
    /// <summary>The alias of the version that answers where nothing else is said.</summary>
    public const string Champion = "champion";

    public ServedModel(string name, IReadOnlyList<VersionStatus> versions, IReadOnlyList<LoadedModel> loaded, IReadOnlyDictionary<string, long> aliases, IReadOnlyDictionary<string, long>? arriving = null)
    {
        Name = name;
        Versions = versions;
        Loaded = loaded;
        Aliases = aliases;
        Arriving = arriving ?? FrozenDictionary<string, long>.Empty;
        Default = aliases.TryGetValue(Champion, out var champion) && Find(champion) is { } found ? found : loaded.MaxBy(static m => m.Version);
    }

    public string Name { get; }

    /// <summary>All versions that are loaded, or were to be, ascending.</summary>
    public IReadOnlyList<VersionStatus> Versions { get; }

    /// <summary>Those that answer.</summary>
    public IReadOnlyList<LoadedModel> Loaded { get; }

    /// <summary>What each alias means: the version that it was given to last, or, until that is loaded, the one before it.</summary>
    public IReadOnlyDictionary<string, long> Aliases { get; }

    /// <summary>Of the aliases that still mean the version before, the one that they were given to.</summary>
    public IReadOnlyDictionary<string, long> Arriving { get; }

    /// <summary>The version that a request without one means: the champion, else the greatest.</summary>
    public LoadedModel? Default { get; }

    public LoadedModel? Find(long version)
    {
        for (var i = 0; i < Loaded.Count; i++)
        {
            if (Loaded[i].Version == version)
            {
                return Loaded[i];
            }
        }

        return null;
    }

    /// <summary>Whether this says the same as another.</summary>
    public bool IsAs(ServedModel other) => Name == other.Name
        && Loaded.SequenceEqual(other.Loaded)
        && Versions.SequenceEqual(other.Versions)
        && IsSame(Aliases, other.Aliases)
        && IsSame(Arriving, other.Arriving);

    /// <summary>Why a version does not answer.</summary>
    public TarnException NotAvailable(long? version)
    {
        var status = version is null ? Versions.LastOrDefault() : Versions.FirstOrDefault(s => s.Version == version);
        var named = version is { } number ? string.Create(CultureInfo.InvariantCulture, $"{Name} version {number}") : Name;
        return status switch
        {
            { State: VersionState.Start or VersionState.Loading } => NotYet($"{named} is being loaded"),
            { Error: { } error } => new TarnException(ErrorKind.Unavailable, "A model answers once it is loaded; this one could not be.", $"{named}: {error.Message}", "Mend it and load it again.", error),
            _ => TarnException.NotFound(
                "A version of a model is served where its version policy or an alias asks for it.",
                named,
                Loaded.Count == 0 ? "No version is loaded." : string.Create(CultureInfo.InvariantCulture, $"Served: {string.Join(", ", Loaded.Select(static m => m.Version))}.")),
        };
    }

    /// <summary>The error of what will answer in a moment.</summary>
    /// <param name="what">What is going on, as a sentence's part.</param>
    public static TarnException NotYet(string what) => new(ErrorKind.Unavailable, "A model answers once it is loaded.", what, "Try again in a moment.") { RetryAfter = TimeSpan.FromSeconds(1) };

    private static bool IsSame(IReadOnlyDictionary<string, long> one, IReadOnlyDictionary<string, long> other) =>
        one.Count == other.Count && one.All(a => other.TryGetValue(a.Key, out var version) && version == a.Value);
}
