namespace Quakes.Feeds.Simulation;

/// <summary>Everything that will ever be said of one event under one id: its versions in order, and its end where it has one.</summary>
internal sealed record Report(Shock Shock, string Net, string Code, string Place, IReadOnlyList<Revision> Revisions)
{
    /// <summary>When it is withdrawn with status "deleted", or null.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>When it is gone from every feed without a word, or null.</summary>
    public DateTimeOffset? VanishedAt { get; init; }

    /// <summary>The id that another network gave the same event, or null.</summary>
    public string? OtherId { get; init; }

    public int Copies { get; init; } = 1;

    /// <summary>Whether a deletion comes without the values that it withdraws.</summary>
    public bool WithholdsWhenDeleted { get; init; }

    public string Id => Net + Code;

    /// <summary>The version on show at a moment, or null before the first and after it vanished.</summary>
    public Revision? At(DateTimeOffset now)
    {
        if (now >= VanishedAt)
        {
            return null;
        }

        Revision? shown = null;
        foreach (var revision in Revisions)
        {
            if (revision.Updated > now)
            {
                break;
            }

            shown = revision;
        }

        return shown;
    }

    public bool IsDeletedAt(DateTimeOffset now) => now >= DeletedAt;
}
