using Quakes.Catalogue;
using Quakes.Usgs;
using Tarn.Lake;
using Tarn.Log;
using Tarn.Streams;

namespace Quakes.Ingestion;

/// <summary>
/// The way of what was received: reconciled with silver, appended to the topic with the cursor on the last record, and from there into bronze and
/// silver, each with the topic's offset in its commit. Whatever was interrupted is taken up by the next <see cref="DrainAsync"/>, so the steps may be cut
/// anywhere. One caller at a time.
/// </summary>
internal sealed class Ingest
{
    /// <summary>Names the cursor of the minibatch: how far, by <c>updated</c>, the event service was read.</summary>
    public const string Cursor = "usgs/updatedafter";

    private const int LargestAppend = 5_000;

    private readonly QuakesTables _tables;
    private readonly CatalogueReader _reader;
    private readonly SinkRunner _runner;
    private readonly LakeSink<EarthquakeVersion, EarthquakeReceived> _bronze;
    private readonly LakeSink<EarthquakeVersion, Earthquake> _silver;
    private readonly KnownEarthquakes _known;
    private readonly QuarantinedFeatures _quarantine;
    private readonly Dictionary<string, DateTimeOffset> _generated = new(StringComparer.Ordinal);
    private readonly List<EarthquakeVersion> _produced = [];

    public Ingest(QuakesTables tables, CatalogueReader reader, SinkRunner runner)
    {
        _tables = tables;
        _reader = reader;
        _runner = runner;
        var undecodable = new QuarantineTable(tables.Lake, QuakesTables.QuarantineName);
        _bronze = new(tables.Bronze, static (record, version) => EarthquakeReceived.Of(version, record.Partition, record.Offset), undecodable);
        _silver = new(tables.Silver, static (_, version) => version.ToEarthquake(), undecodable);
        _known = new KnownEarthquakes(tables, reader);
        _quarantine = new QuarantinedFeatures(tables, reader);
    }

    /// <summary>Names the last snapshot of a summary feed that was reconciled.</summary>
    public static string GeneratedOf(string feed) => $"usgs/{feed}/generated";

    /// <summary>What a bronze commit says of an application, or null.</summary>
    public async Task<long?> ProgressAsync(string application, CancellationToken cancellation) =>
        (await _tables.Bronze.SnapshotAsync(cancellationToken: cancellation)).TransactionVersion(application);

    /// <summary>Moves what is in the topic into the tables.</summary>
    public async Task<DrainResult> DrainAsync(CancellationToken cancellation)
    {
        await _runner.DrainAsync(_tables.Topic, _bronze, cancellation: cancellation);
        var merged = await _runner.DrainAsync(_tables.Topic, _silver, cancellation: cancellation);
        if (merged.Records == _produced.Count)
        {
            if (_produced.Count > 0)
            {
                await _known.ApplyAsync(_produced, cancellation);
            }
        }
        else
        {
            _known.Forget();
        }

        _produced.Clear();
        return merged;
    }

    /// <summary>Takes in an answer of the event service, and moves the cursor.</summary>
    public async Task<Received> ReceiveChangesAsync(IReadOnlyList<FeedPage> pages, long? cursor, CancellationToken cancellation)
    {
        var reconciliation = await ReconcileAsync(pages, cancellation);
        long? moved = null;
        if (pages.Count > 0 && reconciliation.NewestUpdated is { } newest)
        {
            // A feature from the future must not make the cursor jump over what will be said until then.
            var generated = pages.Min(static p => p.Generated);
            moved = (newest < generated ? newest : generated).ToUnixTimeMilliseconds();
        }

        var transactions = new Dictionary<string, long>();
        if (moved > (cursor ?? -1))
        {
            transactions[Cursor] = moved.Value;
        }

        return await ProduceAsync(reconciliation, transactions, cancellation);
    }

    /// <summary>Takes in events that were asked for by their time; no cursor moves.</summary>
    public async Task<Received> ReceiveEventsAsync(IReadOnlyList<FeedPage> pages, CancellationToken cancellation) =>
        await ProduceAsync(await ReconcileAsync(pages, cancellation), [], cancellation);

    /// <summary>Takes in a summary document: what it says, and what it no longer shows.</summary>
    public async Task<Received> ReceiveSummaryAsync(FeedPage page, string requested, CancellationToken cancellation)
    {
        var reconciliation = await ReconcileAsync([page], cancellation);
        var transactions = new Dictionary<string, long>();
        if (FeedWindow.Of(page.Document.Metadata, requested) is { } window && await IsNewerAsync(window, cancellation))
        {
            reconciliation.AddVanished(page, window, await _known.InWindowAsync(window.From, window.Until, cancellation));
            _generated[window.Feed] = window.Until;

            // Carried by what the snapshot brings. One that brings nothing leaves no trace: silver is as it says already.
            transactions[GeneratedOf(window.Feed)] = window.Until.ToUnixTimeMilliseconds();
        }

        return await ProduceAsync(reconciliation, transactions, cancellation, commitAlone: false);
    }

    /// <summary>Whether the document is newer than the last one of its feed; a stale cache or a clock set back says nothing of what vanished.</summary>
    private async Task<bool> IsNewerAsync(FeedWindow window, CancellationToken cancellation)
    {
        var stored = await ProgressAsync(GeneratedOf(window.Feed), cancellation) is { } milliseconds
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : DateTimeOffset.MinValue;
        return window.Until > stored && window.Until > _generated.GetValueOrDefault(window.Feed, DateTimeOffset.MinValue);
    }

    private async Task<Reconciliation> ReconcileAsync(IReadOnlyList<FeedPage> pages, CancellationToken cancellation)
    {
        await _known.RefreshAsync(cancellation);
        await _known.LookUpAsync(pages.SelectMany(static p => p.Document.Features).Select(static f => f.Event.Id), cancellation);
        var reconciliation = new Reconciliation(_known.Find);
        foreach (var page in pages)
        {
            reconciliation.Add(page);
        }

        return reconciliation;
    }

    private async Task<Received> ProduceAsync(
        Reconciliation reconciliation, Dictionary<string, long> transactions, CancellationToken cancellation, bool commitAlone = true)
    {
        var quarantined = await _quarantine.AddAsync(reconciliation.Rejected, cancellation);
        var older = await NotInHistoryAsync(reconciliation.Older, cancellation);
        List<EarthquakeVersion> versions = [.. older, .. reconciliation.Versions];
        if (versions.Count > 0)
        {
            for (var start = 0; start < versions.Count; start += LargestAppend)
            {
                var part = versions.GetRange(start, Math.Min(LargestAppend, versions.Count - start));
                var isLast = start + part.Count == versions.Count;
                await _tables.Topic.ProduceAsync(part, new ProduceOptions<EarthquakeVersion> { Transactions = isLast ? transactions : null }, cancellation);
            }

            _produced.AddRange(versions);
        }
        else if (commitAlone && transactions.Count > 0)
        {
            await _tables.Bronze.AppendAsync<EarthquakeReceived>(
                [], new WriteOptions { Transactions = [.. transactions.Select(static t => new AppTransaction(t.Key, t.Value))] }, cancellation);
        }

        return new Received(reconciliation, versions.Count, older.Count, quarantined);
    }

    private async Task<IReadOnlyList<EarthquakeVersion>> NotInHistoryAsync(List<EarthquakeVersion> older, CancellationToken cancellation)
    {
        if (older.Count == 0)
        {
            return [];
        }

        var known = (await _reader.VersionsAsync(older.Select(static v => v.Id).ToHashSet(StringComparer.Ordinal), cancellation)).ToLookup(static v => v.Id);
        var kept = new List<EarthquakeVersion>();
        foreach (var version in older)
        {
            var row = version.ToEarthquake();
            if (!known[version.Id].Any(row.SaysTheSameAs) && !kept.Exists(k => k.ToEarthquake().SaysTheSameAs(row)))
            {
                kept.Add(version);
            }
        }

        return kept;
    }
}

/// <summary>What came of an answer.</summary>
/// <param name="Reconciliation">What it added to what is known.</param>
/// <param name="Produced">How many versions went to the topic.</param>
/// <param name="Older">How many of these are older than what is known, and go into the history alone.</param>
/// <param name="Quarantined">How many features were put into quarantine; one that is there already is not counted.</param>
internal sealed record Received(Reconciliation Reconciliation, int Produced, int Older, int Quarantined);
