using Quakes.Catalogue;
using Quakes.Usgs;

namespace Quakes.Ingestion;

/// <summary>
/// What pages of a feed add to what is known: the versions to produce. Pure: it reads nothing and writes nothing.
/// </summary>
/// <remarks>
/// Versions of one event are ordered by (<c>updated</c>, <c>version_time</c>). A newer <c>updated</c> is a version of that time. The same
/// <c>updated</c> with other content is a version of the moment at which the feed said so, so that the later observation wins, also
/// over a tombstone of an event that is shown again. An older <c>updated</c> belongs to the history alone.
/// </remarks>
internal sealed class Reconciliation(Func<string, Earthquake?> known)
{
    private readonly Dictionary<string, Earthquake> _pending = new(StringComparer.Ordinal);

    /// <summary>The versions to produce, in the order of the pages.</summary>
    public List<EarthquakeVersion> Versions { get; } = [];

    /// <summary>Versions that are older than what is known: to be produced where the history lacks them.</summary>
    public List<EarthquakeVersion> Older { get; } = [];

    /// <summary>Features that could not be read, with the page that they are of.</summary>
    public List<(RejectedFeature Feature, FeedPage Page)> Rejected { get; } = [];

    public int Received { get; private set; }

    public int New { get; private set; }

    public int Changed { get; private set; }

    public int Unchanged { get; private set; }

    public int Vanished { get; private set; }

    /// <summary>The newest <c>updated</c> of all that was received, or null where nothing was.</summary>
    public DateTimeOffset? NewestUpdated { get; private set; }

    public void Add(FeedPage page)
    {
        foreach (var feature in page.Document.Features)
        {
            Received++;
            if (NewestUpdated is null || feature.Event.Updated > NewestUpdated)
            {
                NewestUpdated = feature.Event.Updated;
            }

            Add(feature, page);
        }

        foreach (var rejected in page.Document.Rejected)
        {
            Received++;
            Rejected.Add((rejected, page));
        }
    }

    /// <summary>Withdraws the known events of a window that the page, which lists all of it, does not show.</summary>
    public void AddVanished(FeedPage page, FeedWindow window, IEnumerable<Earthquake> knownInWindow)
    {
        var shown = page.Document.Features.Select(static f => f.Event.Id)
            .Concat(page.Document.Rejected.Select(static r => r.Id).OfType<string>())
            .ToHashSet(StringComparer.Ordinal);

        // By id: what is in memory has an order of its own after a restart, and offsets are to be the same.
        foreach (var row in knownInWindow.OrderBy(static r => r.Id, StringComparer.Ordinal))
        {
            // What was said after the page was generated cannot be gone from it.
            if (!row.IsDeleted && row.VersionTime < window.Until && !shown.Contains(row.Id) && !_pending.ContainsKey(row.Id))
            {
                Vanished++;
                Produce(row with { IsDeleted = true, VersionTime = window.Until }, page, raw: null);
            }
        }
    }

    private void Add(ParsedFeature feature, FeedPage page)
    {
        var current = _pending.GetValueOrDefault(feature.Event.Id) ?? known(feature.Event.Id);
        var row = feature.Event;
        if (row.IsDeleted)
        {
            if (current is null && feature.Withheld.HasFlag(WithheldValues.Time))
            {
                Rejected.Add((new RejectedFeature(row.Id, "A deletion without a time must be of an event that is known.", feature.RawUtf8), page));
                return;
            }

            row = current is null ? row : Deletion.Fill(row, current, feature.Withheld);
        }

        if (current is null)
        {
            New++;
            Produce(row, page, feature);
        }
        else if (row.Updated > current.Updated)
        {
            Changed++;
            Produce(row, page, feature);
        }
        else if (row.Updated < current.Updated)
        {
            Older.Add(Version(row, page, feature.RawText));
        }
        else if (row.SaysTheSameAs(current))
        {
            Unchanged++;
        }
        else
        {
            AddOtherContent(row with { VersionTime = page.Generated > row.Updated ? page.Generated : row.Updated }, current, feature, page);
        }
    }

    private void AddOtherContent(Earthquake row, Earthquake current, ParsedFeature feature, FeedPage page)
    {
        if (row.VersionTime > current.VersionTime)
        {
            Changed++;
            Produce(row, page, feature);
        }
        else
        {
            Older.Add(Version(row, page, feature.RawText));
        }
    }

    private void Produce(Earthquake row, FeedPage page, ParsedFeature feature) => Produce(row, page, feature.RawText);

    private void Produce(Earthquake row, FeedPage page, string? raw)
    {
        _pending[row.Id] = row;
        Versions.Add(Version(row, page, raw));
    }

    private static EarthquakeVersion Version(Earthquake row, FeedPage page, string? raw) =>
        EarthquakeVersion.Of(row, page.Generated, page.Url, page.FetchedAt, raw);
}
