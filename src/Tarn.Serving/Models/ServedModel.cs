using System.Globalization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>A model at one moment: its versions, which of them are loaded, and its aliases. Immutable; a change makes a new one.</summary>
internal sealed class ServedModel
{
    /// <summary>The alias of the version that answers where nothing else is said.</summary>
    public const string Champion = "champion";

    public ServedModel(string name, IReadOnlyList<VersionStatus> versions, IReadOnlyList<LoadedModel> loaded, IReadOnlyDictionary<string, long> aliases)
    {
        Name = name;
        Versions = versions;
        Loaded = loaded;
        Aliases = aliases;
        Default = aliases.TryGetValue(Champion, out var champion) && Find(champion) is { } found ? found : loaded.MaxBy(static m => m.Version);
    }

    public string Name { get; }

    /// <summary>All versions that are loaded, or were to be, ascending.</summary>
    public IReadOnlyList<VersionStatus> Versions { get; }

    /// <summary>Those that answer.</summary>
    public IReadOnlyList<LoadedModel> Loaded { get; }

    public IReadOnlyDictionary<string, long> Aliases { get; }

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
        && Aliases.Count == other.Aliases.Count
        && Aliases.All(a => other.Aliases.TryGetValue(a.Key, out var version) && version == a.Value);

    /// <summary>Why a version does not answer.</summary>
    public TarnException NotAvailable(long? version)
    {
        var status = version is null ? Versions.LastOrDefault() : Versions.FirstOrDefault(s => s.Version == version);
        var named = version is { } number ? string.Create(CultureInfo.InvariantCulture, $"{Name} version {number}") : Name;
        return status switch
        {
            { State: VersionState.Start or VersionState.Loading } => new TarnException(ErrorKind.Unavailable, "A model answers once it is loaded.", named, "Try again in a moment.") { RetryAfter = TimeSpan.FromSeconds(1) },
            { Error: { } error } => new TarnException(ErrorKind.Unavailable, "A model answers once it is loaded; this one could not be.", $"{named}: {error.Message}", "Mend it and load it again.", error),
            _ => TarnException.NotFound(
                "A version of a model is served where its version policy or an alias asks for it.",
                named,
                Loaded.Count == 0 ? "No version is loaded." : string.Create(CultureInfo.InvariantCulture, $"Served: {string.Join(", ", Loaded.Select(static m => m.Version))}.")),
        };
    }
}
