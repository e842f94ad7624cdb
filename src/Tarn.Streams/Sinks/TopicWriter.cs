using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Log;

namespace Tarn.Streams;

/// <summary>
/// Moves a topic's records into a sink as they come, for as long as it runs: it gathers what arrives over all partitions, and commits when there is enough of it or
/// when it is old enough (<see cref="WriteTriggers"/>). It keeps no progress of its own: where it goes on after a stop or a crash is what the sink's last commit says,
/// so nothing is lost and nothing is there twice. What it has gathered and not committed when it is stopped is read again.
/// </summary>
/// <typeparam name="T">The type of the topic's values.</typeparam>
public sealed class TopicWriter<T>
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private readonly Topic<T> _topic;
    private readonly RecordSink<T> _sink;
    private readonly WriteTriggers _triggers;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private TopicWriterStatus _status;

    /// <summary>Makes a writer; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="topic">Where from; the topic exists when it is started.</param>
    /// <param name="sink">Where to.</param>
    /// <param name="triggers">When it commits; null for the defaults.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logs">Where it writes its log lines.</param>
    /// <exception cref="TarnException">A trigger is out of its range; the error names all that are.</exception>
    public TopicWriter(Topic<T> topic, RecordSink<T> sink, WriteTriggers? triggers, TimeProvider time, ILoggerFactory logs)
    {
        (_topic, _sink, _triggers, _time) = (topic, sink, triggers ?? new WriteTriggers(), time);
        _triggers.Validate();
        _log = logs.CreateLogger("Tarn.Streams.TopicWriter");
        _status = new TopicWriterStatus(topic.Name, sink.Name, TopicWriterState.Stopped, [], 0, 0, 0, 0, 0, null, null);
    }

    /// <summary>Raised when it has come further: records were read or committed, the state or the error changed; on the thread that runs the writer: handlers are quick and do not throw.</summary>
    public event Action<TopicWriterStatus>? Changed;

    /// <summary>What it has come to, at this moment.</summary>
    public TopicWriterStatus Status => Volatile.Read(ref _status);

    /// <summary>
    /// Runs until it is cancelled. Where topic or sink fail (a full disk, a database that is away, records that retention removed), it says so in
    /// <see cref="Status"/> and in the log, and tries again after 1 second, then 2, 4 and so on up to a minute, from where the sink then is.
    /// </summary>
    /// <param name="cancellation">Ends it; it then returns.</param>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var pause = FirstPause;
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                var commits = _status.Commits;
                try
                {
                    await MoveAsync(cancellation).ConfigureAwait(false);
                }
                catch (TarnException e)
                {
                    pause = _status.Commits > commits ? FirstPause : pause;
                    Set(_status with { State = TopicWriterState.Retrying, Error = e.Message, PendingRecords = 0, PendingBytes = 0 });
                    StreamEvents.WriterFailed(_log, _sink.Name, _topic.Name, pause.TotalSeconds, e);
                    await Task.Delay(pause, _time, cancellation).ConfigureAwait(false);
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Stopping is what was asked for.
        }
        finally
        {
            Set(_status with { State = TopicWriterState.Stopped, PendingRecords = 0, PendingBytes = 0 });
        }
    }

    /// <summary>Moves records from where the sink is, until something fails.</summary>
    private async Task MoveAsync(CancellationToken cancellation)
    {
        var description = await _topic.Log.DescribeTopicAsync(_topic.Name, cancellation).ConfigureAwait(false);
        var pending = new PendingRecords<T>(_topic, _triggers);
        foreach (var partition in description.Partitions)
        {
            var committed = await _sink.CommittedOffsetAsync(_topic.Name, partition.Partition, cancellation).ConfigureAwait(false);
            pending.Start(partition.Partition, committed, SinkStart.Next(_log, _topic.Name, _sink.Name, partition, committed, _triggers.SkipRemoved));
        }

        Set(_status with { State = TopicWriterState.Running });
        while (true)
        {
            var more = await pending.ReadAsync(_time, cancellation).ConfigureAwait(false);
            Show(pending);
            if (pending.IsDue(_time))
            {
                await CommitAsync(pending, cancellation).ConfigureAwait(false);
            }
            else if (!more)
            {
                await WaitAsync(pending, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task CommitAsync(PendingRecords<T> pending, CancellationToken cancellation)
    {
        var batches = pending.Batches();
        foreach (var quarantined in batches.SelectMany(static b => b.Quarantined))
        {
            StreamEvents.Quarantined(_log, _topic.Name, quarantined.Record.Partition, quarantined.Record.Offset, quarantined.Reason);
        }

        var results = await _sink.WriteAsync(batches, cancellation).ConfigureAwait(false);
        pending.Committed(batches, results);
        for (var i = 0; i < batches.Count; i++)
        {
            StreamEvents.Written(_log, _sink.Name, _topic.Name, batches[i].Partition, batches[i].FirstOffset, batches[i].NextOffset, results[i].Records);
        }

        Set(_status with
        {
            Error = null,
            Records = _status.Records + results.Sum(static r => r.Records),
            Quarantined = _status.Quarantined + results.Sum(static r => r.Quarantined),
            Commits = _status.Commits + 1,
            LastCommit = _time.GetUtcNow(),
            Partitions = pending.Partitions,
            PendingRecords = pending.Records,
            PendingBytes = pending.Bytes,
        });
    }

    /// <summary>Waits until a partition has a record more, or what is pending is old enough.</summary>
    private async Task WaitAsync(PendingRecords<T> pending, CancellationToken cancellation)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var waits = new List<Task>();
        foreach (var (partition, next) in pending.Positions)
        {
            waits.Add(_topic.Log.WaitForRecordsAsync(_topic.Name, partition, next, done.Token));
        }

        if (pending.DueIn(_time) is { } age)
        {
            waits.Add(Task.Delay(age, _time, done.Token));
        }

        var first = await Task.WhenAny(waits).ConfigureAwait(false);
        await done.CancelAsync().ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        await first.ConfigureAwait(false);
    }

    private void Show(PendingRecords<T> pending)
    {
        if (_status.PendingRecords != pending.Records || _status.Partitions.Count == 0)
        {
            Set(_status with { Partitions = pending.Partitions, PendingRecords = pending.Records, PendingBytes = pending.Bytes });
        }
    }

    private void Set(TopicWriterStatus status)
    {
        Volatile.Write(ref _status, status);
        Changed?.Invoke(status);
    }
}
