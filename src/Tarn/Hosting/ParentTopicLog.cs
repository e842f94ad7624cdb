using Tarn.Core;
using Tarn.Log;

namespace Tarn;

/// <summary>
/// The topic log as the process of one attempt has it: not at all. Its segments are open in one process at a time, that of the parent, which holds their ends, indexes and waiting readers in memory;
/// so everything here says what to do instead.
/// </summary>
internal sealed class ParentTopicLog : TopicLog
{
    public override Task<TopicDescription> CreateTopicAsync(string topic, TopicOptions? options = null, CancellationToken cancellation = default) => throw Unavailable(topic);

    public override Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellation = default) => throw Unavailable(null);

    public override Task<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellation = default) => throw Unavailable(topic);

    public override Task<IReadOnlyList<TopicOffset>> AppendAsync(string topic, IReadOnlyList<NewRecord> records, CancellationToken cancellation = default) => throw Unavailable(topic);

    public override Task<IReadOnlyList<TopicRecord>> ReadAsync(string topic, int partition, long offset, ReadLimits limits, CancellationToken cancellation = default) => throw Unavailable(topic);

    public override Task<long> OffsetForTimeAsync(string topic, int partition, DateTimeOffset time, CancellationToken cancellation = default) => throw Unavailable(topic);

    public override Task WaitForRecordsAsync(string topic, int partition, long offset, CancellationToken cancellation = default) => throw Unavailable(topic);

    public override Task CommitOffsetAsync(string group, string topic, int partition, long offset, CancellationToken cancellation = default) => throw Unavailable(topic);

    public override Task<long?> CommittedOffsetAsync(string group, string topic, int partition, CancellationToken cancellation = default) => throw Unavailable(topic);

    public override Task<IReadOnlyList<GroupOffset>> ListGroupsAsync(CancellationToken cancellation = default) => throw Unavailable(null);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static TarnException Unavailable(string? topic) => new(
        ErrorKind.Unavailable,
        "Topics are open in one process at a time, and this code runs in a process of its own, beside it.",
        topic,
        "Produce and consume in a task without ChildProcess(), and pass what the code needs as a result, a table or a file.");
}
