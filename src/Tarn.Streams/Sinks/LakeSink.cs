using Tarn.Lake;
using Tarn.Log;

namespace Tarn.Streams;

/// <summary>
/// A table of the lake as a sink: rows are appended to an append-only table, or merged into a keyed one. Offsets and the records' own transactions are
/// Delta <c>txn</c> actions in the commit that holds the rows.
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
    public override async Task<SinkResult> WriteAsync(SinkBatch<T> batch, CancellationToken cancellation = default)
    {
        var committed = await CommittedOffsetAsync(batch.Topic, batch.Partition, cancellation).ConfigureAwait(false);
        if (committed >= batch.NextOffset)
        {
            return SinkResult.Nothing(committed.Value);
        }

        batch.RequireNoGap(Name, committed);
        batch = batch.From(committed ?? batch.FirstOffset);
        var quarantined = await _quarantine.AddAsync(batch, cancellation).ConfigureAwait(false);
        var rows = new List<TRow>(batch.Records.Count);
        foreach (var record in batch.Records)
        {
            rows.Add(_row(record.Record, record.Value));
        }

        List<AppTransaction> transactions = [new(batch.ApplicationId, batch.NextOffset), .. batch.Transactions.Select(static t => new AppTransaction(t.Key, t.Value))];
        var counts = _keyed is null
            ? await AppendAsync(rows, transactions, cancellation).ConfigureAwait(false)
            : await MergeAsync(rows, transactions, cancellation).ConfigureAwait(false);
        return new SinkResult(batch.NextOffset, rows.Count, quarantined, AlreadyApplied: false) { Counts = counts };
    }

    private async Task<IReadOnlyDictionary<string, long>> AppendAsync(List<TRow> rows, List<AppTransaction> transactions, CancellationToken cancellation)
    {
        var result = await _table!.AppendAsync(rows, new WriteOptions { Transactions = transactions }, cancellation).ConfigureAwait(false);
        return new Dictionary<string, long> { ["inserted"] = result.RowsAdded };
    }

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
