using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Lake;
using Tarn.Log;
using Tarn.Pipelines;
using Tarn.Streams;

namespace Tarn;

/// <summary>Merging a topic into a keyed table of the same type, as a task of a pipeline does.</summary>
public static class TopicMerge
{
    /// <summary>
    /// Merges every record that the topic holds and the table has not seen, from the offset that the table's last commit stored to the topic's end of
    /// the moment; the new offset is in the same commit as the rows. Killed anywhere and run again, it loses nothing and merges nothing twice. A record
    /// that cannot be decoded goes to <c>bronze.TOPIC_quarantine</c> with its reason. Reports the number of records as <c>records</c>.
    /// </summary>
    /// <param name="table">The table; the topic's values are its rows.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="lake">The lake, for the quarantine table.</param>
    /// <param name="run">The task's context.</param>
    /// <returns>How many records were read, and how many of them went to quarantine.</returns>
    public static async Task<DrainResult> MergeFromAsync<T>(this KeyedTable<T> table, Topic<T> topic, Lake.Lake lake, TaskContext run)
    {
        var sink = new LakeSink<T, T>(table, static (_, row) => row, QuarantineTable.ForTopic(lake, topic.Name));
        var drained = await new SinkRunner(NullLoggerFactory.Instance).DrainAsync(topic, sink, cancellation: run.CancellationToken).ConfigureAwait(false);
        run.Report("records", drained.Records);
        return drained;
    }
}
