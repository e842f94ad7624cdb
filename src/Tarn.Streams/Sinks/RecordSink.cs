using Tarn.Core;
using Tarn.Log;

namespace Tarn.Streams;

/// <summary>
/// The port of sinks: where the records of a topic end up. Here: <see cref="LakeSink{T, TRow}"/>; in adapters: PostgreSQL.
/// </summary>
/// <remarks>
/// What every implementation promises (suite <c>RecordSinkContract</c>):
/// <list type="bullet">
/// <item>The rows of a batch and its <see cref="SinkBatch{T}.NextOffset"/> become visible in one atomic commit, or neither does. Where a sink writes
/// more than one table, each table carries the offset and skips on its own, and the one that <see cref="CommittedOffsetAsync"/> reads comes last.</item>
/// <item>A batch at or below the committed offset changes nothing; of one that overlaps it, only the rest is written.</item>
/// <item>A failed or interrupted write may be repeated, with the same or other batch boundaries, and the result is that of an undisturbed run.</item>
/// <item>Quarantined records are kept, with their reasons.</item>
/// </list>
/// A sink has one writer at a time per partition.
/// </remarks>
/// <typeparam name="T">The type of the values.</typeparam>
public abstract class RecordSink<T>
{
    /// <summary>What the sink is called in logs and in the console, for example <c>silver.earthquakes</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The offset to read next from a partition, as the sink's own last commit says; null where it never committed.</summary>
    public abstract Task<long?> CommittedOffsetAsync(string topic, int partition, CancellationToken cancellation = default);

    /// <summary>Writes a batch's rows and its offset in one commit.</summary>
    /// <exception cref="TarnException">
    /// Conflict: the batch begins after the committed offset, so that records between would be lost (a first batch may begin anywhere).
    /// Unavailable: the target cannot be reached; nothing of the batch is visible and it can be written again.
    /// </exception>
    public abstract Task<SinkResult> WriteAsync(SinkBatch<T> batch, CancellationToken cancellation = default);

    /// <summary>
    /// Writes batches of different partitions, in one commit where the target can do that. What holds of one batch holds of each: those that are there already change
    /// nothing, and after a failure the call may be repeated.
    /// </summary>
    /// <param name="batches">The batches, no two of one partition of a topic.</param>
    /// <param name="cancellation">Ends the write; what was committed stays.</param>
    /// <returns>What was done with each, in the order given.</returns>
    /// <exception cref="TarnException">As <see cref="WriteAsync(SinkBatch{T}, CancellationToken)"/>.</exception>
    public virtual async Task<IReadOnlyList<SinkResult>> WriteAsync(IReadOnlyList<SinkBatch<T>> batches, CancellationToken cancellation = default)
    {
        var results = new List<SinkResult>(batches.Count);
        foreach (var batch in batches)
        {
            results.Add(await WriteAsync(batch, cancellation).ConfigureAwait(false));
        }

        return results;
    }
}
