using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;

namespace Tarn.Streams;

/// <summary>
/// A table of the lake as a sink: rows are appended to an append-only table, or merged into a keyed one. Offsets and the records' own transactions are
/// Delta <c>txn</c> actions in the commit that holds the rows. A record of which no row can be made, and one whose row the table refuses (a constraint, a missing key),
/// go to quarantine with the reason, and the others go on.
/// </summary>
/// <typeparam name="T">The type of the topic's values.</typeparam>
/// <typeparam name="TRow">The type of the table's rows.</typeparam>
public sealed class LakeSink<T, TRow> : RecordSink<T>
{
    private readonly Func<TopicRecord, T, TRow> _row;
    private readonly QuarantineTable _quarantine;
    private readonly LakeTable? _table;
    private readonly KeyedTable<TRow>? _keyed;

    /// <summary>A sink that appends each record as a row.</summary>
    /// <param name="table">The table, which exists.</param>
    /// <param name="row">Makes the row of a record: the value, and what of the record itself (partition, offset) the table keeps.</param>
    /// <param name="quarantine">Where records go that could not be read.</param>
    public LakeSink(LakeTable table, Func<TopicRecord, T, TRow> row, QuarantineTable quarantine) =>
        (_table, _row, _quarantine) = (table, row, quarantine);

    /// <summary>A sink that merges each record as a version of its key's row.</summary>
    /// <param name="table">The table; it is made where it is missing.</param>
    /// <param name="row">Makes the row of a record.</param>
    /// <param name="quarantine">Where records go that could not be read.</param>
    public LakeSink(KeyedTable<TRow> table, Func<TopicRecord, T, TRow> row, QuarantineTable quarantine) =>
        (_keyed, _row, _quarantine) = (table, row, quarantine);

    /// <inheritdoc/>
    public override string Name => (_table ?? _keyed!.Table).Name;

    /// <inheritdoc/>
    public override async Task<long?> CommittedOffsetAsync(string topic, int partition, CancellationToken cancellation = default)
    {
        var application = SinkProgress.ApplicationId(topic, partition);
        var committed = await LakeProgress.CommittedAsync(_table ?? _keyed!.Table, application, cancellation).ConfigureAwait(false);
        if (_keyed?.HistoryTable is not { } history)
        {
            return committed;
        }

        // A crash between the two commits of a merge leaves one table behind; going on from the one that is behind heals it, for merges can be repeated.
        var behind = await LakeProgress.CommittedAsync(history, application, cancellation).ConfigureAwait(false);
        return committed is { } a && behind is { } b ? Math.Min(a, b) : null;
    }

    /// <inheritdoc/>
    public override async Task<SinkResult> WriteAsync(SinkBatch<T> batch, CancellationToken cancellation = default) =>
        (await WriteAsync([batch], cancellation).ConfigureAwait(false))[0];

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<SinkResult>> WriteAsync(IReadOnlyList<SinkBatch<T>> batches, CancellationToken cancellation = default)
    {
        var committed = await CommittedAsync(batches, cancellation).ConfigureAwait(false);
        while (true)
        {
            try
            {
                return await new LakeSinkWrite<T, TRow>(this, committed).WriteAsync(batches, cancellation).ConfigureAwait(false);
            }
            catch (TarnException e) when (e.Kind == ErrorKind.Conflict)
            {
                // Another writer of these partitions came between: the table says how far it is. Where it is where it was, the conflict is another one.
                var now = await CommittedAsync(batches, cancellation).ConfigureAwait(false);
                if (now.All(p => committed[p.Key] == p.Value))
                {
                    throw;
                }

                committed = now;
            }
        }
    }

    /// <summary>Makes the row of a record.</summary>
    internal TRow Row(in SinkRecord<T> record) => _row(record.Record, record.Value);

    /// <summary>Keeps the records of a batch that no sink can read.</summary>
    internal Task<int> QuarantineAsync(SinkBatch<T> batch, CancellationToken cancellation) => _quarantine.AddAsync(batch, cancellation);

    /// <summary>Keeps records that this sink cannot take.</summary>
    internal Task<int> RefuseAsync(IReadOnlyList<QuarantinedRecord> refused, CancellationToken cancellation) => _quarantine.AddRefusedAsync(Name, refused, cancellation);

    /// <summary>Writes rows with their progress in one commit.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="transactions">The progress.</param>
    /// <param name="expected">The progress that the rows follow on.</param>
    /// <param name="cancellation">Ends the write.</param>
    internal Task<IReadOnlyDictionary<string, long>> StoreAsync(
        List<TRow> rows, List<AppTransaction> transactions, IReadOnlyDictionary<string, long?> expected, CancellationToken cancellation) =>
        _keyed is null ? AppendAsync(rows, transactions, expected, cancellation) : MergeAsync(rows, transactions, cancellation);

    private async Task<Dictionary<string, long?>> CommittedAsync(IReadOnlyList<SinkBatch<T>> batches, CancellationToken cancellation)
    {
        var committed = new Dictionary<string, long?>(StringComparer.Ordinal);
        foreach (var batch in batches)
        {
            committed[batch.ApplicationId] = await CommittedOffsetAsync(batch.Topic, batch.Partition, cancellation).ConfigureAwait(false);
        }

        return committed;
    }

    private async Task<IReadOnlyDictionary<string, long>> AppendAsync(
        List<TRow> rows, List<AppTransaction> transactions, IReadOnlyDictionary<string, long?> expected, CancellationToken cancellation)
    {
        var options = new WriteOptions { Transactions = transactions, ExpectedTransactions = expected };
        var result = await _table!.AppendAsync(rows, options, cancellation).ConfigureAwait(false);
        return new Dictionary<string, long> { ["inserted"] = result.RowsAdded };
    }

    // Merging again what is there already changes nothing: a merge needs no expected progress.
    private async Task<IReadOnlyDictionary<string, long>> MergeAsync(List<TRow> rows, List<AppTransaction> transactions, CancellationToken cancellation)
    {
        var result = await _keyed!.MergeAsync(rows, transactions, cancellation).ConfigureAwait(false);
        return new Dictionary<string, long>
        {
            ["inserted"] = result.Inserted,
            ["updated"] = result.Updated,
            ["unchanged"] = result.Unchanged,
            ["stale"] = result.Stale,
            ["history"] = result.HistoryInserted,
        };
    }
}
