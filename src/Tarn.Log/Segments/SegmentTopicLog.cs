using Microsoft.Extensions.Logging;

namespace Tarn.Log;

/// <summary>The embedded topic log: segment files in a directory.</summary>
public sealed class SegmentTopicLog : TopicLog
{
    /// <summary>Opens the log of a directory, which is made where it does not exist.</summary>
    /// <param name="directory">The directory; one process at a time.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logs">Where it writes its log lines.</param>
    /// <param name="options">Options; null means the defaults.</param>
    public SegmentTopicLog(string directory, TimeProvider time, ILoggerFactory logs, SegmentLogOptions? options = null)
    {
        options?.Validate();
        _ = (directory, time, logs);
    }

    /// <inheritdoc/>
    public override Task<TopicDescription> CreateTopicAsync(string topic, TopicOptions? options = null, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override Task<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override Task<IReadOnlyList<TopicOffset>> AppendAsync(
        string topic, IReadOnlyList<NewRecord> records, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override Task<IReadOnlyList<TopicRecord>> ReadAsync(
        string topic, int partition, long offset, ReadLimits limits, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override Task<long> OffsetForTimeAsync(string topic, int partition, DateTimeOffset time, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override Task WaitForRecordsAsync(string topic, int partition, long offset, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override Task CommitOffsetAsync(string group, string topic, int partition, long offset, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override Task<long?> CommittedOffsetAsync(string group, string topic, int partition, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override Task<IReadOnlyList<GroupOffset>> ListGroupsAsync(CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => default;
}
