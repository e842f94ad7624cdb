using System.Runtime.CompilerServices;

namespace Tarn.Lake;

/// <summary>
/// A table with one row a key: of all versions of a key that were ever merged, the newest, whatever the order of their arrival. With a history, every version
/// stays readable with the interval in which it was what one knew. Safe for use from several threads, and beside other processes that merge into the same tables.
/// </summary>
/// <typeparam name="T">A row; its public properties are the columns.</typeparam>
public sealed class KeyedTable<T>
{
    private readonly Lake _lake;
    private readonly KeyedLayout<T> _layout;
    private readonly KeyedStore<T> _current;
    private readonly KeyedStore<T>? _history;

    /// <summary>Opens a keyed table; <see cref="EnsureAsync"/> or the first merge creates it where it is missing.</summary>
    /// <param name="lake">The lake that holds it.</param>
    /// <param name="name">Its name, <c>layer.name</c>.</param>
    /// <param name="define">Says what it is.</param>
    /// <exception cref="Core.TarnException">The definition is incomplete, or T has properties that cannot be columns.</exception>
    public KeyedTable(Lake lake, string name, Action<KeyedTableDefinition<T>> define)
    {
        var definition = new KeyedTableDefinition<T>();
        define(definition);
        _lake = lake;
        _layout = new KeyedLayout<T>(name, definition);
        Table = lake.Table(name);
        _current = new KeyedStore<T>(Table, _layout.Current, _layout, isHistory: false);
        if (_layout.History is { } history)
        {
            HistoryTable = lake.Table(history.Name);
            _history = new KeyedStore<T>(HistoryTable, history, _layout, isHistory: true);
        }
    }

    /// <summary>The table with the current rows.</summary>
    public LakeTable Table { get; }

    /// <summary>
    /// The table with every version, or null where none is kept. What was known at T is <c>valid_from &lt;= T and (valid_to is null or T &lt; valid_to)</c>: one row a key at most.
    /// </summary>
    public LakeTable? HistoryTable { get; }

    /// <summary>Creates the table, and its history's, where they are missing; adds columns that they lack.</summary>
    /// <exception cref="Core.TarnException">A table is there and contradicts the definition.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken = default)
    {
        await _lake.EnsureTableAsync(_layout.Current, cancellationToken).ConfigureAwait(false);
        if (_layout.History is { } history)
        {
            await _lake.EnsureTableAsync(history, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Merges versions in. A version newer than its key's row replaces it; one equal to it changes nothing; an older one goes into the history alone. The result is a
    /// function of the set of versions ever merged: order of arrival, cuts into batches and repetition do not matter.
    /// <para>
    /// Newer is by the newest-columns in turn; versions that tie there and differ elsewhere are ordered by a hash of their content. In the history a version is valid
    /// from its own instant until the earliest instant of all versions after it in that order; null while there is none.
    /// </para>
    /// </summary>
    /// <param name="rows">The versions; several of one key are welcome.</param>
    /// <param name="transactions">
    /// Progress to store in the same commits: in the table's and in the history's, each of which is skipped if it holds them all already. Without rows that change
    /// anything, a commit is made for them alone.
    /// </param>
    /// <param name="cancellationToken">Ends the merge; what was not committed is not done.</param>
    [OverloadResolutionPriority(1)]
    public Task<MergeResult> MergeAsync(
        IReadOnlyList<T> rows, IReadOnlyList<AppTransaction>? transactions = null, CancellationToken cancellationToken = default) =>
        MergeAsync(rows, new WriteOptions { Transactions = transactions ?? [] }, cancellationToken);

    /// <summary>Merges versions in, as <see cref="MergeAsync(IReadOnlyList{T}, IReadOnlyList{AppTransaction}?, CancellationToken)"/> does.</summary>
    /// <param name="rows">The versions; several of one key are welcome.</param>
    /// <param name="options">What goes with the write, to the table and to its history; of them transactions, the name and the operation count.</param>
    /// <param name="cancellationToken">Ends the merge; what was not committed is not done.</param>
    public Task<MergeResult> MergeAsync(IReadOnlyList<T> rows, WriteOptions options, CancellationToken cancellationToken = default) =>
        LakeWriteScope.WriteAsync(Table, options, current => HistoryTable is null
            ? MergeAsync(rows, current, null, cancellationToken)
            : LakeWriteScope.WriteAsync(HistoryTable, options, past => MergeAsync(rows, current, past, cancellationToken)));

    /// <summary>The current rows of some keys, those that there are, in the order of the keys given.</summary>
    public async Task<IReadOnlyList<T>> FindAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        var found = (await _current.FindAsync(keys, cancellationToken).ConfigureAwait(false)).ToLookup(static r => r.Row.Key, static r => r.Row.Row, StringComparer.Ordinal);
        return [.. keys.Distinct(StringComparer.Ordinal).SelectMany(key => found[key].OrderDescending(_layout.Order).Take(1))];
    }

    private async Task<MergeResult> MergeAsync(IReadOnlyList<T> rows, WriteOptions current, WriteOptions? past, CancellationToken cancellationToken)
    {
        var incoming = new Dictionary<string, List<T>>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            var key = _layout.Key(row);
            if (!incoming.TryGetValue(key, out var versions))
            {
                incoming[key] = versions = [];
            }

            versions.Add(row);
        }

        var (change, version, outcome) = await _current.MergeAsync(incoming, rows.Count, current, cancellationToken).ConfigureAwait(false);
        var applied = outcome == CommitOutcome.AlreadyApplied;
        if (_history is null)
        {
            return Result(change, 0, version, null, outcome == CommitOutcome.Committed) with { WasApplied = applied };
        }

        var (before, historyVersion, historyOutcome) = await _history.MergeAsync(incoming, rows.Count, past!, cancellationToken).ConfigureAwait(false);
        return Result(change, before.Inserted, version, historyVersion, outcome == CommitOutcome.Committed || historyOutcome == CommitOutcome.Committed) with
        {
            WasApplied = applied && historyOutcome == CommitOutcome.AlreadyApplied,
        };
    }

    private static MergeResult Result(KeyedChange<T> change, int historyInserted, long version, long? historyVersion, bool committed) =>
        new(change.Inserted, change.Updated, change.Unchanged, change.Stale, historyInserted, version, historyVersion, committed);

    /// <summary>Every version of some keys that the history holds, oldest first within a key; without a history, the current rows.</summary>
    public async Task<IReadOnlyList<T>> FindVersionsAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        if (_history is null)
        {
            return await FindAsync(keys, cancellationToken).ConfigureAwait(false);
        }

        var found = (await _history.FindAsync(keys, cancellationToken).ConfigureAwait(false)).ToLookup(static r => r.Row.Key, static r => r.Row.Row, StringComparer.Ordinal);
        return [.. keys.Distinct(StringComparer.Ordinal).SelectMany(key => found[key].Order(_layout.Order))];
    }
}
