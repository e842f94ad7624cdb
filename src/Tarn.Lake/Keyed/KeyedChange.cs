namespace Tarn.Lake;

/// <summary>What a merge does to a table's rows.</summary>
internal sealed class KeyedChange<T>
{
    /// <summary>Rows that go.</summary>
    public List<LocatedRow<T>> Removed { get; } = [];

    /// <summary>Rows that come.</summary>
    public List<KeyedRow<T>> Added { get; } = [];

    public int Inserted { get; set; }

    public int Updated { get; set; }

    public int Unchanged { get; set; }

    public int Stale { get; set; }

    public bool IsNothing => Removed.Count == 0 && Added.Count == 0;

    /// <summary>The change of the table of current rows: of each key, the newest of what is there and what comes.</summary>
    /// <param name="order">The order of versions.</param>
    /// <param name="there">The keys' rows as they are.</param>
    /// <param name="incoming">The versions that come, by key.</param>
    public static KeyedChange<T> OfCurrent(VersionOrder<T> order, List<LocatedRow<T>> there, Dictionary<string, List<T>> incoming)
    {
        var change = new KeyedChange<T>();
        var byKey = there.ToLookup(static r => r.Row.Key, StringComparer.Ordinal);
        foreach (var (key, versions) in incoming)
        {
            var newest = versions[0];
            for (var i = 1; i < versions.Count; i++)
            {
                newest = order.Compare(versions[i], newest) > 0 ? versions[i] : newest;
            }

            // One row a key; should another writer have left several, the newest stands for them.
            LocatedRow<T>? standing = null;
            foreach (var row in byKey[key])
            {
                standing = standing is { } best && order.Compare(best.Row.Row, row.Row.Row) >= 0 ? standing : row;
            }

            if (standing is not { } known)
            {
                change.Inserted++;
                change.Added.Add(new KeyedRow<T>(key, newest, null));
                continue;
            }

            switch (order.Compare(newest, known.Row.Row))
            {
                case > 0:
                    change.Updated++;
                    change.Removed.AddRange(byKey[key]);
                    change.Added.Add(new KeyedRow<T>(key, newest, null));
                    break;
                case 0:
                    change.Unchanged++;
                    break;
                default:
                    change.Stale++;
                    break;
            }
        }

        return change;
    }

    /// <summary>
    /// The change of the history: every version once, each valid until the first instant at which a version after it in the order was known.
    /// </summary>
    /// <param name="layout">The order of versions, and from when each was known.</param>
    /// <param name="there">The keys' versions as they are.</param>
    /// <param name="incoming">The versions that come, by key.</param>
    public static KeyedChange<T> OfHistory(KeyedLayout<T> layout, List<LocatedRow<T>> there, Dictionary<string, List<T>> incoming)
    {
        var change = new KeyedChange<T>();
        var byKey = there.ToLookup(static r => r.Row.Key, StringComparer.Ordinal);
        foreach (var (key, versions) in incoming)
        {
            var chain = new List<(T Row, LocatedRow<T>? There)>();
            chain.AddRange(byKey[key].Select(static r => (r.Row.Row, (LocatedRow<T>?)r)));
            chain.AddRange(versions.Select(static v => (v, (LocatedRow<T>?)null)));

            // Those that are there come first among equals, so that what comes again is the one left out.
            chain.Sort((a, b) => layout.Order.Compare(a.Row, b.Row) is var by and not 0 ? by : (a.There is null ? 1 : 0) - (b.There is null ? 1 : 0));
            Close(layout, key, chain, change);
        }

        return change;
    }

    private static void Close(KeyedLayout<T> layout, string key, List<(T Row, LocatedRow<T>? There)> chain, KeyedChange<T> change)
    {
        DateTimeOffset? validTo = null;
        for (var i = chain.Count - 1; i >= 0; i--)
        {
            var (row, there) = chain[i];
            if (i > 0 && layout.Order.Compare(chain[i - 1].Row, row) == 0)
            {
                if (there is { } twice)
                {
                    change.Removed.Add(twice);
                }

                continue;
            }

            if (there is { } known)
            {
                if (known.Row.ValidTo != validTo)
                {
                    change.Removed.Add(known);
                    change.Added.Add(known.Row with { ValidTo = validTo });
                }
            }
            else
            {
                change.Inserted++;
                change.Added.Add(new KeyedRow<T>(key, row, validTo));
            }

            var from = Stored(layout.ValidFromOf(row));
            validTo = from is { } instant && (validTo is not { } until || instant < until) ? instant : validTo;
        }
    }

    /// <summary>An instant as it reads back once stored.</summary>
    private static DateTimeOffset? Stored(DateTimeOffset? instant) =>
        instant is { } known ? new DateTimeOffset(known.UtcTicks - (known.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero) : null;
}
