using Tarn.Core;

namespace Tarn.Log;

/// <summary>
/// The port of topics: durable, partitioned logs. Embedded: <see cref="SegmentTopicLog"/>; at scale: Kafka.
/// </summary>
/// <remarks>
/// What every implementation promises (suite <c>TopicLogContract</c>):
/// <list type="bullet">
/// <item>Offsets of a partition start at 0, have no gaps, and are never given twice.</item>
/// <item>The records of one append that go to one partition land side by side and all or none of them.</item>
/// <item>An append that returned outlives the process; <see cref="TopicOptions.Flush"/> says what outlives a loss of power.</item>
/// <item>A record that was readable once is readable, unchanged, until retention removes it; damage is an error, never a gap.</item>
/// <item>All members may be used from any thread at once.</item>
/// </list>
/// </remarks>
public abstract class TopicLog : IAsyncDisposable
{
    /// <summary>
    /// Raised after records became readable, on the thread that appended them: handlers return quickly and do not throw.
    /// For live views; consumers use <see cref="WaitForRecordsAsync"/>.
    /// </summary>
    public event Action<TopicAppended>? Appended;

    /// <summary>
    /// Makes a topic. Where it exists, its options are replaced by these; the same options again do nothing.
    /// </summary>
    /// <param name="topic">1 to 200 letters, digits, dots, underscores and hyphens, the first a letter or a digit.</param>
    /// <param name="options">What it is made of; null means the defaults.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="TarnException">
    /// InvalidInput: the name or an option breaks its rule. Conflict: it exists with another number of partitions, or another topic's name
    /// differs only in case, or in dots for underscores.
    /// </exception>
    public abstract Task<TopicDescription> CreateTopicAsync(string topic, TopicOptions? options = null, CancellationToken cancellation = default);

    /// <summary>All topics, by name.</summary>
    public abstract Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellation = default);

    /// <summary>One topic.</summary>
    /// <exception cref="TarnException">NotFound: there is none of that name.</exception>
    public abstract Task<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellation = default);

    /// <summary>
    /// Appends records, and returns where each landed, in the order given. Per partition all or nothing; partitions are written one after the
    /// other, the last record's partition last, so that what the last record says (a cursor, say) holds for all of them.
    /// </summary>
    /// <exception cref="TarnException">
    /// NotFound: no such topic or partition. InvalidInput: a record is larger than the topic allows; nothing was appended.
    /// Unavailable: the disk is full or fails; the partition is as it was before, and appends work again once it recovers.
    /// </exception>
    public abstract Task<IReadOnlyList<TopicOffset>> AppendAsync(
        string topic, IReadOnlyList<NewRecord> records, CancellationToken cancellation = default);

    /// <summary>Reads records from an offset on, in order; empty at the end of the partition.</summary>
    /// <exception cref="TarnException">
    /// NotFound: no such topic or partition, or retention removed the offset. InvalidInput: the offset lies beyond the end, or a limit is below 1.
    /// Corrupt: stored bytes are damaged; the error names the file and the position.
    /// </exception>
    public abstract Task<IReadOnlyList<TopicRecord>> ReadAsync(
        string topic, int partition, long offset, ReadLimits limits, CancellationToken cancellation = default);

    /// <summary>
    /// The first readable offset whose record's timestamp is at or after <paramref name="time"/>; the end of the partition where there is none.
    /// Timestamps need not be in order.
    /// </summary>
    public abstract Task<long> OffsetForTimeAsync(string topic, int partition, DateTimeOffset time, CancellationToken cancellation = default);

    /// <summary>Completes once the record at <paramref name="offset"/> can be read; at once where it can already. Does not poll.</summary>
    public abstract Task WaitForRecordsAsync(string topic, int partition, long offset, CancellationToken cancellation = default);

    /// <summary>Stores durably what a consumer group will read next in a partition. Going back is allowed.</summary>
    /// <param name="group">The group; a name by the rule for topics.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="offset">The offset to read next, 0 or more.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public abstract Task CommitOffsetAsync(
        string group, string topic, int partition, long offset, CancellationToken cancellation = default);

    /// <summary>What a group will read next in a partition, or null where it never committed there.</summary>
    public abstract Task<long?> CommittedOffsetAsync(string group, string topic, int partition, CancellationToken cancellation = default);

    /// <summary>All committed offsets, by group, topic and partition.</summary>
    public abstract Task<IReadOnlyList<GroupOffset>> ListGroupsAsync(CancellationToken cancellation = default);

    /// <summary>Flushes the partitions that have something to flush, and closes the files.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>Raises <see cref="Appended"/>.</summary>
    protected void OnAppended(TopicAppended appended) => Appended?.Invoke(appended);
}
