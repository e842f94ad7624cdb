using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Streams;

/// <summary>One write of batches into a table: what is new of them, in as few commits as the rows allow.</summary>
/// <param name="sink">The sink.</param>
/// <param name="committed">The table's progress by application; moves on with each commit.</param>
internal sealed class LakeSinkWrite<T, TRow>(LakeSink<T, TRow> sink, Dictionary<string, long?> committed)
{
    public async Task<IReadOnlyList<SinkResult>> WriteAsync(IReadOnlyList<SinkBatch<T>> batches, CancellationToken cancellation)
    {
        var results = new SinkResult[batches.Count];
        var todo = new List<(SinkBatch<T> Batch, List<TRow> Rows)>(batches.Count);
        var counts = new Dictionary<string, long>();
        for (var i = 0; i < batches.Count; i++)
        {
            var batch = batches[i];
            var done = committed[batch.ApplicationId];
            if (done >= batch.NextOffset)
            {
                results[i] = SinkResult.Nothing(done.Value);
                continue;
            }

            batch.RequireNoGap(sink.Name, done);
            batch = batch.From(done ?? batch.FirstOffset);
            var quarantined = await sink.QuarantineAsync(batch, cancellation).ConfigureAwait(false);
            var (left, rows, unmapped) = Map(batch);
            quarantined += await sink.RefuseAsync(unmapped, cancellation).ConfigureAwait(false);
            results[i] = new SinkResult(batch.NextOffset, rows.Count, quarantined, AlreadyApplied: false) { Counts = todo.Count == 0 ? counts : new Dictionary<string, long>() };
            todo.Add((left, rows));
        }

        var refused = await StoreAsync(todo, counts, cancellation).ConfigureAwait(false);
        for (var i = 0; i < batches.Count; i++)
        {
            var lost = refused.GetValueOrDefault(batches[i].ApplicationId);
            results[i] = results[i] with { Records = results[i].Records - lost, Quarantined = results[i].Quarantined + lost };
        }

        return results;
    }

    /// <summary>The rows of a batch. A record that has none, because its values do not make one, is a bad record like one that cannot be decoded.</summary>
    private (SinkBatch<T> Batch, List<TRow> Rows, List<QuarantinedRecord> Unmapped) Map(SinkBatch<T> batch)
    {
        var rows = new List<TRow>(batch.Records.Count);
        var records = new List<SinkRecord<T>>(batch.Records.Count);
        var unmapped = new List<QuarantinedRecord>();
        foreach (var record in batch.Records)
        {
            try
            {
                rows.Add(sink.Row(record));
                records.Add(record);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                unmapped.Add(new QuarantinedRecord(record.Record, $"No row can be made of it: {e.Message}"));
            }
        }

        return (unmapped.Count == 0 ? batch : batch with { Records = records }, rows, unmapped);
    }

    /// <summary>
    /// Writes all in one commit. Where the table refuses a row, halves are written by themselves until the refused ones stand alone: those go to quarantine.
    /// </summary>
    /// <returns>How many records of each partition were refused.</returns>
    private async Task<Dictionary<string, int>> StoreAsync(
        IReadOnlyList<(SinkBatch<T> Batch, List<TRow> Rows)> parts, Dictionary<string, long> counts, CancellationToken cancellation)
    {
        var refused = new Dictionary<string, int>(StringComparer.Ordinal);
        if (parts.Count == 0)
        {
            return refused;
        }

        try
        {
            await CommitAsync(parts, counts, cancellation).ConfigureAwait(false);
            return refused;
        }
        catch (TarnException e) when (e.IsRowFault && parts.Sum(static p => p.Rows.Count) == 1)
        {
            var at = parts.Single(static p => p.Rows.Count == 1);
            refused[at.Batch.ApplicationId] = await sink.RefuseAsync([new QuarantinedRecord(at.Batch.Records[0].Record, e.Message)], cancellation).ConfigureAwait(false);
            await CommitAsync([.. parts.Select(static p => (p.Batch with { Records = [] }, new List<TRow>()))], counts, cancellation).ConfigureAwait(false);
            return refused;
        }
        catch (TarnException e) when (e.IsRowFault && parts.Sum(static p => p.Rows.Count) > 1)
        {
            var (first, second) = Halves(parts);
            foreach (var half in new[] { first, second })
            {
                foreach (var (application, count) in await StoreAsync(half, counts, cancellation).ConfigureAwait(false))
                {
                    refused[application] = refused.GetValueOrDefault(application) + count;
                }
            }

            return refused;
        }
    }

    private static (IReadOnlyList<(SinkBatch<T> Batch, List<TRow> Rows)> First, IReadOnlyList<(SinkBatch<T> Batch, List<TRow> Rows)> Second) Halves(
        IReadOnlyList<(SinkBatch<T> Batch, List<TRow> Rows)> parts)
    {
        if (parts.Count > 1)
        {
            return ([.. parts.Take(parts.Count / 2)], [.. parts.Skip(parts.Count / 2)]);
        }

        var (batch, rows) = parts[0];
        var middle = rows.Count / 2;
        var offset = batch.Records[middle].Record.Offset;
        return ([(batch.Before(offset), rows[..middle])], [(batch.From(offset), rows[middle..])]);
    }

    private async Task CommitAsync(IReadOnlyList<(SinkBatch<T> Batch, List<TRow> Rows)> parts, Dictionary<string, long> counts, CancellationToken cancellation)
    {
        var transactions = new Dictionary<string, long>(StringComparer.Ordinal);
        var expected = new Dictionary<string, long?>(StringComparer.Ordinal);
        var rows = new List<TRow>(parts.Sum(static p => p.Rows.Count));
        foreach (var (batch, own) in parts)
        {
            foreach (var (application, version) in batch.Transactions)
            {
                transactions[application] = Math.Max(version, transactions.GetValueOrDefault(application, long.MinValue));
            }

            transactions[batch.ApplicationId] = batch.NextOffset;
            expected[batch.ApplicationId] = committed[batch.ApplicationId];
            rows.AddRange(own);
        }

        var stored = await sink.StoreAsync(rows, [.. transactions.Select(static t => new AppTransaction(t.Key, t.Value))], expected, cancellation).ConfigureAwait(false);
        foreach (var (name, count) in stored)
        {
            counts[name] = counts.GetValueOrDefault(name) + count;
        }

        foreach (var (batch, _) in parts)
        {
            committed[batch.ApplicationId] = batch.NextOffset;
        }
    }
}
