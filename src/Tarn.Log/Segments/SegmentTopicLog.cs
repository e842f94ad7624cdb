using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Log;

/// <summary>
/// The embedded topic log: segment files in a directory, <c>topic/partition/first-offset.log</c>. One process at a time.
/// Partitions are opened at their first use and files closed when unused, so that a thousand topics cost little.
/// </summary>
/// <remarks>
/// Every record carries a CRC-32C, checked at each read. At opening, what a crash left half-written at the end of a partition is removed, batch by batch;
/// damage anywhere else is reported by the read that meets it. Blocking calls of the file system run on the caller's thread, flushes on the thread pool.
/// </remarks>
public sealed class SegmentTopicLog : TopicLog
{
    private readonly string _directory;
    private readonly ConcurrentDictionary<string, TopicState> _topics = new(StringComparer.Ordinal);
    private readonly LogContext _context;
    private readonly GroupStore _groups;
    private readonly FileStream _lock;
    private readonly Lock _creation = new();
    private readonly ITimer _retention;
    private uint _turn;
    private int _retaining;
    private int _disposed;

    /// <summary>Opens the log of a directory, which is made where it does not exist.</summary>
    /// <param name="directory">The directory; one process at a time.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logs">Where it writes its log lines.</param>
    /// <param name="options">Options; null means the defaults.</param>
    /// <exception cref="TarnException">Conflict: another log has the directory open. Unavailable: it cannot be made or written.</exception>
    public SegmentTopicLog(string directory, TimeProvider time, ILoggerFactory logs, SegmentLogOptions? options = null)
    {
        options ??= new SegmentLogOptions();
        options.Validate();
        _directory = Path.GetFullPath(directory);
        _lock = DirectoryLock.Take(_directory);
        _context = new LogContext(
            new FileCache(options.MaxOpenFiles, options.Faults), time, logs.CreateLogger<SegmentTopicLog>(), RaiseAppended);
        _groups = new GroupStore(_context, Path.Combine(_directory, "_groups"));
        try
        {
            foreach (var path in Directory.EnumerateDirectories(_directory))
            {
                if (char.IsAsciiLetterOrDigit(Path.GetFileName(path)[0]) && TopicState.Load(_context, path) is { } topic)
                {
                    _topics[topic.Name] = topic;
                }
            }
        }
        catch
        {
            _lock.Dispose();
            throw;
        }

        _retention = time.CreateTimer(
            static self => ((SegmentTopicLog)self!).RetainAll(), this, options.RetentionInterval, options.RetentionInterval);
    }

    internal int OpenFiles => _context.Files.OpenFiles;

    /// <inheritdoc/>
    public override Task<TopicDescription> CreateTopicAsync(string topic, TopicOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new TopicOptions();
        TopicName.Require(topic, "topic");
        options.Validate();
        ThrowIfDisposed();
        lock (_creation)
        {
            if (!_topics.TryGetValue(topic, out var state))
            {
                state = Make(topic, options);
            }
            else if (state.Options.Partitions != options.Partitions)
            {
                throw TarnException.Conflict(
                    FormattableString.Invariant($"Topic {topic} has {state.Options.Partitions} partitions; another number would move its keys."),
                    FormattableString.Invariant($"{options.Partitions} partitions"),
                    "Make a topic of another name, and copy the records.");
            }
            else if (state.Options != options)
            {
                OnDisk(() => state.Save(options), "Storing a topic's options", state.Directory);
            }

            return Task.FromResult(state.Describe());
        }
    }

    /// <inheritdoc/>
    public override Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        return Task.FromResult<IReadOnlyList<TopicDescription>>(
            [.. _topics.Values.OrderBy(static t => t.Name, StringComparer.Ordinal).Select(static t => t.Describe())]);
    }

    /// <inheritdoc/>
    public override Task<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellation = default) =>
        Task.FromResult(Require(topic).Describe());

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<TopicOffset>> AppendAsync(
        string topic, IReadOnlyList<NewRecord> records, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var state = Require(topic);
        if (records.Count == 0)
        {
            return [];
        }

        var offsets = new TopicOffset[records.Count];
        foreach (var (partition, places) in RecordRouting.Route(state, records, ref _turn))
        {
            var batch = places is null ? records : [.. places.Select(i => records[i])];
            var first = await state.Partitions[partition].AppendAsync(batch).ConfigureAwait(false);
            for (var i = 0; i < batch.Count; i++)
            {
                offsets[places?[i] ?? i] = new TopicOffset(partition, first + i);
            }
        }

        return offsets;
    }

    /// <inheritdoc/>
    public override Task<IReadOnlyList<TopicRecord>> ReadAsync(
        string topic, int partition, long offset, ReadLimits limits, CancellationToken cancellation = default)
    {
        if (limits.MaxRecords < 1 || limits.MaxBytes < 1)
        {
            throw TarnException.InvalidInput("A read's limits are at least 1.", limits.ToString());
        }

        return Task.FromResult<IReadOnlyList<TopicRecord>>(Require(topic).Require(partition).Read(offset, limits, cancellation));
    }

    /// <inheritdoc/>
    public override Task<long> OffsetForTimeAsync(string topic, int partition, DateTimeOffset time, CancellationToken cancellation = default) =>
        Task.FromResult(Require(topic).Require(partition).OffsetForTime(time, cancellation));

    /// <inheritdoc/>
    public override Task WaitForRecordsAsync(string topic, int partition, long offset, CancellationToken cancellation = default) =>
        Require(topic).Require(partition).WaitAsync(offset, cancellation);

    /// <inheritdoc/>
    public override Task CommitOffsetAsync(string group, string topic, int partition, long offset, CancellationToken cancellation = default)
    {
        TopicName.Require(group, "consumer group");
        Require(topic).Require(partition);
        return offset < 0
            ? throw TarnException.InvalidInput("A committed offset is 0 or more.", FormattableString.Invariant($"{offset}"))
            : _groups.CommitAsync(new GroupOffset(group, topic, partition, offset, DateTimeOffset.FromUnixTimeMilliseconds(_context.Now)));
    }

    /// <inheritdoc/>
    public override Task<long?> CommittedOffsetAsync(string group, string topic, int partition, CancellationToken cancellation = default)
    {
        TopicName.Require(group, "consumer group");
        Require(topic).Require(partition);
        return Task.FromResult(_groups.Committed(group, topic, partition));
    }

    /// <inheritdoc/>
    public override Task<IReadOnlyList<GroupOffset>> ListGroupsAsync(CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        return Task.FromResult<IReadOnlyList<GroupOffset>>(_groups.List());
    }

    /// <summary>Removes what the topics' options no longer keep, now; returns the number of segments removed. Runs by itself each minute.</summary>
    public Task<int> RetainAsync(CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        var removed = 0;
        foreach (var topic in _topics.Values)
        {
            foreach (var partition in topic.Partitions)
            {
                cancellation.ThrowIfCancellationRequested();
                removed += partition.Retain();
            }
        }

        return Task.FromResult(removed);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        await _retention.DisposeAsync().ConfigureAwait(false);
        foreach (var partition in _topics.Values.SelectMany(static t => t.Partitions))
        {
            partition.Dispose();
        }

        _groups.Dispose();
        _context.Files.Dispose();
        await _lock.DisposeAsync().ConfigureAwait(false);
    }

    private static void OnDisk(Action action, string doing, string path)
    {
        try
        {
            action();
        }
        catch (Exception error) when (DiskErrors.IsDisk(error))
        {
            throw DiskErrors.Unavailable(error, doing, path);
        }
    }

    private TopicState Make(string topic, TopicOptions options)
    {
        foreach (var other in _topics.Keys)
        {
            if (TopicName.Fold(other) == TopicName.Fold(topic))
            {
                throw TarnException.Conflict("Topics differ by more than case, and dots for underscores.", topic, $"There is {other} already; take another name.");
            }
        }

        var state = new TopicState(_context, topic, Path.Combine(_directory, topic), options);
        OnDisk(() => state.Save(options), "Making a topic", state.Directory);
        _topics[topic] = state;
        LogEvents.TopicMade(_context.Log, topic, options.Partitions);
        return state;
    }

    private TopicState Require(string topic)
    {
        ThrowIfDisposed();
        return _topics.TryGetValue(topic, out var state)
            ? state
            : throw TarnException.NotFound("There is no topic of this name.", topic, "List the topics to see what there is, or make it.");
    }

    private void RetainAll()
    {
        if (Interlocked.Exchange(ref _retaining, 1) == 1)
        {
            return;
        }

        foreach (var topic in _topics.Values)
        {
            for (var i = 0; i < topic.Partitions.Length && _disposed == 0; i++)
            {
                try
                {
                    topic.Partitions[i].Retain();
                }
                catch (Exception error) when (DiskErrors.IsDisk(error) || error is TarnException or ObjectDisposedException)
                {
                    LogEvents.RetentionFailed(_context.Log, error, topic.Name, i);
                }
            }
        }

        _context.Files.Sweep();
        Volatile.Write(ref _retaining, 0);
    }

    private void RaiseAppended(TopicAppended appended)
    {
        try
        {
            OnAppended(appended);
        }
        catch (Exception error)
        {
            // The records are stored: a live view's fault must not look like an append's.
            LogEvents.HandlerFailed(_context.Log, error);
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed == 1, this);
}
