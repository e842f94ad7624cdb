using Quakes.Catalogue;

namespace Quakes.Ingestion;

/// <summary>
/// The rows of <c>silver.earthquakes</c> that a feed can be about, in memory, so that a poll that brings nothing new reads no file. It belongs to
/// one version of the table: another writer's commit empties it, our own are applied to it.
/// </summary>
internal sealed class KnownEarthquakes(QuakesTables tables, CatalogueReader reader)
{
    /// <summary>Up to so many rows the whole table is kept; of a larger one the events of the windows asked for.</summary>
    private const long WholeTable = 20_000;

    private readonly Dictionary<string, Earthquake> _rows = new(StringComparer.Ordinal);
    private readonly HashSet<string> _absent = new(StringComparer.Ordinal);
    private long _version = -1;
    private DateTimeOffset _completeFrom = DateTimeOffset.MaxValue;

    /// <summary>Makes sure that what is known is the table's newest version.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        var snapshot = await tables.Silver.Table.SnapshotAsync(cancellationToken: cancellation);
        if (snapshot.Version == _version)
        {
            return;
        }

        Forget();
        if (snapshot.RowCount is { } count && count <= WholeTable)
        {
            Load(count == 0 ? [] : await reader.EarthquakesAsync(null, cancellation));
            _completeFrom = DateTimeOffset.MinValue;
        }

        _version = snapshot.Version;
    }

    public void Forget()
    {
        _rows.Clear();
        _absent.Clear();
        _completeFrom = DateTimeOffset.MaxValue;
        _version = -1;
    }

    /// <summary>Takes in what was merged into the table by ourselves; the newest of a key wins as it does there.</summary>
    public async Task ApplyAsync(IEnumerable<EarthquakeVersion> merged, CancellationToken cancellation)
    {
        var snapshot = await tables.Silver.Table.SnapshotAsync(cancellationToken: cancellation);
        foreach (var version in merged)
        {
            var row = version.ToEarthquake();
            if (!_rows.TryGetValue(row.Id, out var current))
            {
                if (_completeFrom > DateTimeOffset.MinValue && !_absent.Remove(row.Id))
                {
                    // Perhaps the table has a newer row that is not in memory; it is looked up when it is asked for.
                    continue;
                }
            }
            else if ((current.Updated, current.VersionTime).CompareTo((row.Updated, row.VersionTime)) is var order and >= 0)
            {
                if (order == 0 && current != row)
                {
                    Forget();
                    return;
                }

                continue;
            }

            _rows[row.Id] = row;
        }

        _version = snapshot.Version;
    }

    /// <summary>Fetches the rows of some events, so that <see cref="Find"/> knows them.</summary>
    public async Task LookUpAsync(IEnumerable<string> ids, CancellationToken cancellation)
    {
        if (_completeFrom == DateTimeOffset.MinValue)
        {
            return;
        }

        var unknown = ids.Where(id => !_rows.ContainsKey(id) && !_absent.Contains(id)).Distinct(StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            Load(await tables.Silver.FindAsync(unknown, cancellation));
            _absent.UnionWith(unknown.Where(id => !_rows.ContainsKey(id)));
        }
    }

    public Earthquake? Find(string id) => _rows.GetValueOrDefault(id);

    /// <summary>The known events of a window.</summary>
    public async Task<IReadOnlyList<Earthquake>> InWindowAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken cancellation)
    {
        if (from < _completeFrom)
        {
            Load(await reader.EarthquakesAsync(from, cancellation));
            _completeFrom = from;
        }

        var found = new List<Earthquake>();
        foreach (var row in _rows.Values)
        {
            if (row.Time >= from && row.Time <= until)
            {
                found.Add(row);
            }
        }

        return found;
    }

    private void Load(IReadOnlyList<Earthquake> rows)
    {
        foreach (var row in rows)
        {
            _rows[row.Id] = row;
        }

    }
}
