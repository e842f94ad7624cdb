namespace Tarn.Core;

/// <summary>The channels that there are, and the words of the kinds of alerts. Immutable; disposes of the channels.</summary>
public sealed class AlertChannels : IDisposable
{
    private readonly Dictionary<string, AlertChannel> _byName;

    /// <summary>Puts them together.</summary>
    /// <param name="channels">The channels, each of another name.</param>
    /// <param name="defaults">The names of those that are used where an alert names none; default none.</param>
    /// <param name="wordings">Words by kind of alert; default none.</param>
    /// <exception cref="TarnException">Two have one name, or a default is none of them.</exception>
    public AlertChannels(IEnumerable<AlertChannel> channels, IEnumerable<string>? defaults = null, IReadOnlyDictionary<string, AlertWording>? wordings = null)
    {
        All = [.. channels];
        _byName = new Dictionary<string, AlertChannel>(StringComparer.Ordinal);
        foreach (var channel in All)
        {
            if (!_byName.TryAdd(channel.Name, channel))
            {
                throw TarnException.Conflict("Each alert channel has a name of its own.", channel.Name, "Rename one of the two.");
            }
        }

        Default = [.. (defaults ?? []).Select(n => Get(n).Name).Distinct(StringComparer.Ordinal)];
        Wordings = wordings ?? new Dictionary<string, AlertWording>();
    }

    /// <summary>The channels, in the order in which they were given.</summary>
    public IReadOnlyList<AlertChannel> All { get; }

    /// <summary>The names of those that are used where an alert names none.</summary>
    public IReadOnlyList<string> Default { get; }

    /// <summary>Where the console is for who reads alerts: what makes a link of a run's id. Null (the default) for no links.</summary>
    public Uri? ConsoleUrl { get; init; }

    internal IReadOnlyDictionary<string, AlertWording> Wordings { get; }

    /// <summary>The channel of a name, or null.</summary>
    public AlertChannel? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The channel of a name.</summary>
    /// <exception cref="TarnException">There is none; the error names those that there are.</exception>
    public AlertChannel Get(string name) => Find(name) ?? throw TarnException.NotFound(
        $"There is no alert channel of that name; there are {(All.Count == 0 ? "none" : string.Join(", ", All.Select(static c => c.Name)))}.", name, "Configure it under Alerts:Channels.");

    /// <summary>The same text without any channel's secrets.</summary>
    public string Hide(string text) => All.Aggregate(text, static (t, channel) => channel.Hide(t));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var channel in All)
        {
            channel.Dispose();
        }
    }
}
