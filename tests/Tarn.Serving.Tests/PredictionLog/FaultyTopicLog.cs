using Tarn.Core;
using Tarn.Log;

namespace Tarn.Serving.Tests;

/// <summary>What an append does.</summary>
internal enum AppendFault
{
    /// <summary>It succeeds.</summary>
    None,

    /// <summary>It fails without effect.</summary>
    Before,

    /// <summary>It fails and had its effect.</summary>
    After,

    /// <summary>It fails when it has come to some of the partitions.</summary>
    Half,
}

/// <summary>A topic log whose appends fail as a test says.</summary>
internal sealed class FaultyTopicLog(TopicLog log, Func<AppendFault> fault) : TopicLog
{
    public override Task<TopicDescription> CreateTopicAsync(string topic, TopicOptions? options = null, CancellationToken cancellation = default) => log.CreateTopicAsync(topic, options, cancellation);

    public override Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellation = default) => log.ListTopicsAsync(cancellation);

    public override Task<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellation = default) => log.DescribeTopicAsync(topic, cancellation);

    public override async Task<IReadOnlyList<TopicOffset>> AppendAsync(string topic, IReadOnlyList<NewRecord> records, CancellationToken cancellation = default)
    {
        var what = fault();
        var whole = what is AppendFault.None or AppendFault.After;
        var offsets = what == AppendFault.Before ? [] : await log.AppendAsync(topic, whole ? records : [.. records.Where(static r => r.Partition == 0)], cancellation);
        return what == AppendFault.None ? offsets : throw new TarnException(ErrorKind.Unavailable, $"The test lets the append fail: {what}.");
    }

    public override Task<IReadOnlyList<TopicRecord>> ReadAsync(string topic, int partition, long offset, ReadLimits limits, CancellationToken cancellation = default) =>
        log.ReadAsync(topic, partition, offset, limits, cancellation);

    public override Task<long> OffsetForTimeAsync(string topic, int partition, DateTimeOffset time, CancellationToken cancellation = default) =>
        log.OffsetForTimeAsync(topic, partition, time, cancellation);

    public override Task WaitForRecordsAsync(string topic, int partition, long offset, CancellationToken cancellation = default) => log.WaitForRecordsAsync(topic, partition, offset, cancellation);

    public override Task CommitOffsetAsync(string group, string topic, int partition, long offset, CancellationToken cancellation = default) =>
        log.CommitOffsetAsync(group, topic, partition, offset, cancellation);

    public override Task<long?> CommittedOffsetAsync(string group, string topic, int partition, CancellationToken cancellation = default) =>
        log.CommittedOffsetAsync(group, topic, partition, cancellation);

    public override Task<IReadOnlyList<GroupOffset>> ListGroupsAsync(CancellationToken cancellation = default) => log.ListGroupsAsync(cancellation);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
