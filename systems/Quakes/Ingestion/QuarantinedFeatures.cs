using System.Security.Cryptography;
using System.Text;
using Quakes.Catalogue;
using Quakes.Usgs;

namespace Quakes.Ingestion;

/// <summary>Keeps malformed features, each once: the same text of the same event polled again adds no row.</summary>
internal sealed class QuarantinedFeatures(QuakesTables tables, CatalogueReader reader)
{
    private readonly HashSet<string> _kept = new(StringComparer.Ordinal);
    private long _version = -1;

    /// <summary>Adds those that are not there yet, and says how many these were.</summary>
    public async Task<int> AddAsync(IReadOnlyList<(RejectedFeature Feature, FeedPage Page)> rejected, CancellationToken cancellation)
    {
        if (rejected.Count == 0)
        {
            return 0;
        }

        await LoadAsync(cancellation);
        var rows = new List<EarthquakeQuarantined>();
        foreach (var (feature, page) in rejected)
        {
            var row = EarthquakeQuarantined.Of(feature, page);
            if (_kept.Add(Fingerprint(row.FeatureId, row.Raw)))
            {
                rows.Add(row);
            }
        }

        if (rows.Count > 0)
        {
            try
            {
                var commit = await tables.Quarantine.AppendAsync(rows, cancellationToken: cancellation);
                _version = commit.Version;
            }
            catch
            {
                // What is in the table is not known any more; it is read again before the next addition.
                _version = -1;
                throw;
            }
        }

        return rows.Count;
    }

    private async Task LoadAsync(CancellationToken cancellation)
    {
        var snapshot = await tables.Quarantine.SnapshotAsync(cancellationToken: cancellation);
        if (snapshot.Version == _version)
        {
            return;
        }

        _kept.Clear();
        foreach (var (id, raw) in await reader.QuarantinedAsync(cancellation))
        {
            _kept.Add(Fingerprint(id, raw));
        }

        _version = snapshot.Version;
    }

    private static string Fingerprint(string? id, string? raw) => $"{id}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(raw ?? "")))}";
}
