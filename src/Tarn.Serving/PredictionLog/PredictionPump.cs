using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Log;

namespace Tarn.Serving;

/// <summary>
/// Moves what is in the journal to the topic, in order, each record once. What says how far it is, is the topic itself: after a failure, of which nobody knows whether the append had
/// its effect, and in a new process, the ends of the partitions are read again.
/// </summary>
internal sealed class PredictionPump(PredictionJournal journal, TopicLog topics, PredictionLogOptions options, TimeProvider time, ILogger log)
{
    private const int BatchBytes = 4 << 20;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private readonly SemaphoreSlim _one = new(1);
    private TopicProgress? _progress;
    private long _moved;
    private string? _error;

    /// <summary>Records that this process has appended to the topic.</summary>
    public long Moved => Interlocked.Read(ref _moved);

    /// <summary>Why it does not get on; null where it does.</summary>
    public string? Error => Volatile.Read(ref _error);

    /// <summary>Moves records as they come, until it is cancelled; after a failure again and again, with pauses of 1 s to a minute.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var pause = FirstPause;
        try
        {
            while (true)
            {
                try
                {
                    await DrainAsync(cancellation).ConfigureAwait(false);
                    pause = FirstPause;
                    await Task.Delay(options.PumpInterval, time, cancellation).ConfigureAwait(false);
                }
                catch (TarnException error)
                {
                    PredictionEvents.MoveFailed(log, options.Topic, pause.TotalSeconds, error);
                    await Task.Delay(pause, time, cancellation).ConfigureAwait(false);
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Stopping is what was asked for.
        }
    }

    /// <summary>Moves what is there.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            while (await MoveAsync(cancellation).ConfigureAwait(false))
            {
            }

            Volatile.Write(ref _error, null);
        }
        catch (Exception error)
        {
            _progress = null;
            Volatile.Write(ref _error, error.Message);
            throw;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Closes what it reads from, not while it reads.</summary>
    public async Task CloseAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        journal.Dispose();
        _one.Release();
    }

    /// <summary>Moves a batch, or goes on to the next file; false where there is nothing more to do at the moment.</summary>
    private async Task<bool> MoveAsync(CancellationToken cancellation)
    {
        _progress ??= await TopicProgress.ReadAsync(topics, options.Topic, journal.Id, cancellation).ConfigureAwait(false);
        var segment = journal.Oldest;
        var (start, offset) = (segment.Moved, segment.Moved);
        var records = Read(segment, _progress, ref offset);
        if (records.Count > 0)
        {
            await topics.AppendAsync(options.Topic, records, cancellation).ConfigureAwait(false);
            Interlocked.Add(ref _moved, records.Count);
        }

        if (offset > start)
        {
            segment.SetMoved(offset);
        }

        if (!segment.EndsAt(offset))
        {
            return offset > start;
        }

        if (journal.IsCurrent(segment))
        {
            return false;
        }

        journal.Remove(segment);
        return true;
    }

    private List<NewRecord> Read(JournalSegment segment, TopicProgress progress, ref int offset)
    {
        var records = new List<NewRecord>();
        var bytes = 0;
        while (records.Count < options.BatchRecords && bytes < BatchBytes && segment.TryRead(ref offset, out var position, out var stored))
        {
            var prediction = RecordLayout.Read(stored);
            var key = Encoding.UTF8.GetBytes(prediction.PredictionId);
            var partition = KeyPartitioner.PartitionOf(key, progress.Topic.Partitions.Count);
            if (!progress.Has(partition, position))
            {
                var value = Encode(prediction, progress.Topic.Options.MaxRecordBytes);
                records.Add(new NewRecord(key, value, prediction.At, [TopicProgress.HeaderOf(journal.Id, position)], partition));
                bytes += value.Length;
            }
        }

        return records;
    }

    /// <summary>A record's value. Where the topic takes no record of that size, inputs and outputs give way: one prediction must not stop all that follow.</summary>
    private static byte[] Encode(PredictionRecord prediction, int mostBytes)
    {
        const int HeadersAndFrame = 256;
        var value = JsonSerializer.SerializeToUtf8Bytes(prediction, PredictionJson.Written.PredictionRecord);
        return value.Length <= mostBytes - HeadersAndFrame
            ? value
            : JsonSerializer.SerializeToUtf8Bytes(
                prediction with { Inputs = null, Outputs = prediction.Outputs is { } outputs ? PayloadText.Digest(PayloadText.HashOf(new StoredPayload(PayloadKind.Json, Encoding.UTF8.GetBytes(outputs))), Encoding.UTF8.GetByteCount(outputs)) : null },
                PredictionJson.Written.PredictionRecord);
    }
}
