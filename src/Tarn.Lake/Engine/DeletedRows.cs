using System.Collections.Concurrent;

namespace Tarn.Lake;

/// <summary>Deletion vectors that were read, kept for the next who asks: a vector never changes. What it keeps is bounded.</summary>
/// <param name="mostBytes">How much it keeps, about.</param>
internal sealed class DeletedRows(long mostBytes)
{
    private readonly ConcurrentDictionary<(string Store, string Table, string Vector), RowSet> _known = new();
    private long _bytes;

    /// <summary>The deleted rows of a data file.</summary>
    /// <inheritdoc cref="DeletionVectorFiles.ReadAsync"/>
    public async ValueTask<RowSet> ReadAsync(ObjectStore store, string table, DeletionVectorDescriptor descriptor, CancellationToken cancellationToken)
    {
        var key = (store.Location, table, descriptor.UniqueId);
        if (_known.TryGetValue(key, out var known) && known.Count == descriptor.Cardinality)
        {
            return known;
        }

        var read = await DeletionVectorFiles.ReadAsync(store, table, descriptor, cancellationToken).ConfigureAwait(false);

        // A position takes two bytes at most, and a container a few more.
        if (Interlocked.Add(ref _bytes, (2 * read.Count) + 64) > mostBytes)
        {
            _known.Clear();
            Interlocked.Exchange(ref _bytes, (2 * read.Count) + 64);
        }

        _known[key] = read;
        return read;
    }
}
