namespace Tarn.Lake;

/// <summary>
/// A table with one row a key: of all versions of a key that were ever merged, the newest, whatever the order of their arrival. With a history, every version
/// stays readable with the interval in which it was what one knew.
/// </summary>
/// <typeparam name="T">A row; its public properties are the columns.</typeparam>
public sealed class KeyedTable<T>
{
    /// <summary>Opens a keyed table; <see cref="EnsureAsync"/> or the first merge creates it where it is missing.</summary>
    /// <param name="lake">The lake that holds it.</param>
    /// <param name="name">Its name, <c>layer.name</c>.</param>
    /// <param name="define">Says what it is.</param>
    /// <exception cref="Core.TarnException">The definition is incomplete, or T has properties that cannot be columns.</exception>
    public KeyedTable(Lake lake, string name, Action<KeyedTableDefinition<T>> define)
    {
        var definition = new KeyedTableDefinition<T>();
        define(definition);
        Table = lake.Table(name);
        HistoryTable = definition.ValidFromProperty is null ? null : lake.Table(name + "_history");
    }

    /// <summary>The table with the current rows.</summary>
    public LakeTable Table { get; }

    /// <summary>The table with every version, or null where none is kept.</summary>
    public LakeTable? HistoryTable { get; }

    /// <summary>Creates the table, and its history's, where they are missing; adds columns that they lack.</summary>
    public Task EnsureAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>
    /// Merges versions in. A version newer than its key's row replaces it; one equal to it changes nothing; an older one goes into the history alone. The result is a
    /// function of the set of versions ever merged: order of arrival, cuts into batches and repetition do not matter.
    /// </summary>
    /// <param name="rows">The versions; several of one key are welcome.</param>
    /// <param name="transactions">Progress to store in the same commits (in the table's and in the history's, each of which is skipped if it holds them all already).</param>
    /// <param name="cancellationToken">Ends the merge; what was not committed is not done.</param>
    public Task<MergeResult> MergeAsync(IReadOnlyList<T> rows, IReadOnlyList<AppTransaction>? transactions = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>The current rows of some keys, those that there are, in the order of the keys given.</summary>
    public Task<IReadOnlyList<T>> FindAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default) => throw new NotImplementedException();
}
