using System.Numerics;

namespace Tarn.Serving;

/// <summary>What a loaded model did since it was loaded: counts and sums of time, in the clock's ticks. Safe for use from several threads; a reader may see one request half counted.</summary>
/// <param name="frequency">The clock's ticks in a second; 0 for those of <see cref="System.Diagnostics.Stopwatch"/>.</param>
internal sealed class ModelStats(long frequency = 0)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, BatchStats> _batches = [];
    private readonly BatchStats?[] _small = new BatchStats?[129];

    private long _succeeded;
    private long _failed;
    private long _refused;
    private long _cancelled;
    private long _unreadable;
    private long _inferences;
    private long _executions;
    private long _cacheHits;
    private long _cacheMisses;
    private long _queueTicks;
    private long _inputTicks;
    private long _computeTicks;
    private long _outputTicks;
    private long _failedTicks;
    private long _cacheHitTicks;

    /// <summary>Requests that were answered, from the cache or by a run.</summary>
    public long Succeeded => Volatile.Read(ref _succeeded);

    /// <summary>Requests that the model could not compute.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Requests that were refused, or waited too long.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Those of <see cref="Refused"/> for which nobody waited any more.</summary>
    public long Cancelled => Volatile.Read(ref _cancelled);

    /// <summary>Requests that ended with an error before they came to the model, as such that could not be read.</summary>
    public long Unreadable => Volatile.Read(ref _unreadable);

    /// <summary>How long requests waited for a run.</summary>
    public DurationBuckets Queued { get; } = new(DurationBuckets.Seconds, PerSecond(frequency));

    /// <summary>How long runs took, once for each request.</summary>
    public DurationBuckets Computed { get; } = new(DurationBuckets.Seconds, PerSecond(frequency));

    /// <summary>Rows that were computed.</summary>
    public long Inferences => Volatile.Read(ref _inferences);

    /// <summary>Runs of the model that succeeded.</summary>
    public long Executions => Volatile.Read(ref _executions);

    public long CacheHits => Volatile.Read(ref _cacheHits);

    public long CacheMisses => Volatile.Read(ref _cacheMisses);

    /// <summary>Time in the queue of requests that were then computed; that of others is in <see cref="FailedTicks"/>.</summary>
    public long QueueTicks => Volatile.Read(ref _queueTicks);

    public long ComputeTicks => Volatile.Read(ref _computeTicks);

    public long OutputTicks => Volatile.Read(ref _outputTicks);

    public long FailedTicks => Volatile.Read(ref _failedTicks);

    public long CacheHitTicks => Volatile.Read(ref _cacheHitTicks);

    /// <summary>Time of reading and checking inputs.</summary>
    public long InputTicks => Volatile.Read(ref _inputTicks);

    /// <summary>The timestamp of the last run's end; 0 before the first.</summary>
    public long LastRunAt { get; private set; }

    /// <summary>The runs of each batch size, ascending; from 128 rows on, of all sizes up to the next power of two.</summary>
    public IReadOnlyList<BatchStats> Batches
    {
        get
        {
            lock (_gate)
            {
                return [.. _batches.Values];
            }
        }
    }

    /// <summary>One request was run by itself. Where it failed, it counts among the failures alone, as in Triton's statistics.</summary>
    public void Record(InferenceRequest request)
    {
        LastRunAt = request.EndedAt;
        Queued.Add(request.StartedAt - request.QueuedAt);
        if (request.Failure is not null)
        {
            Interlocked.Increment(ref _failed);
            Interlocked.Add(ref _failedTicks, request.EndedAt - request.QueuedAt);
            return;
        }

        Interlocked.Increment(ref _succeeded);
        Interlocked.Increment(ref _executions);
        Interlocked.Add(ref _inferences, request.Rows);
        Interlocked.Add(ref _queueTicks, request.StartedAt - request.QueuedAt);
        Interlocked.Add(ref _computeTicks, request.ComputedAt - request.StartedAt);
        Computed.Add(request.ComputedAt - request.StartedAt);
        Interlocked.Add(ref _outputTicks, request.EndedAt - request.ComputedAt);
        BatchOf(request.Rows).Add(request.ComputedAt - request.StartedAt, request.EndedAt - request.ComputedAt);
    }

    /// <summary>Several requests were run together.</summary>
    public void Record(ReadOnlySpan<InferenceRequest> batch, int rows)
    {
        var first = batch[0];
        LastRunAt = first.EndedAt;
        var waited = 0L;
        foreach (var request in batch)
        {
            waited += request.StartedAt - request.QueuedAt;
            Queued.Add(request.StartedAt - request.QueuedAt);
        }

        Interlocked.Add(ref _queueTicks, waited);
        Interlocked.Increment(ref _executions);
        Interlocked.Add(ref _succeeded, batch.Length);
        Interlocked.Add(ref _inferences, rows);
        Interlocked.Add(ref _computeTicks, (first.ComputedAt - first.StartedAt) * batch.Length);
        Computed.Add(first.ComputedAt - first.StartedAt, batch.Length);
        Interlocked.Add(ref _outputTicks, (first.EndedAt - first.ComputedAt) * batch.Length);
        BatchOf(rows).Add(first.ComputedAt - first.StartedAt, first.EndedAt - first.ComputedAt);
    }

    /// <summary>A request was refused, waited too long, or nobody waited for it any more.</summary>
    public void RecordRefused(bool isCancelled = false)
    {
        Interlocked.Increment(ref _refused);
        if (isCancelled)
        {
            Interlocked.Increment(ref _cancelled);
        }
    }

    public void RecordUnreadable() => Interlocked.Increment(ref _unreadable);

    public void RecordCacheHit(long ticks)
    {
        Interlocked.Increment(ref _cacheHits);
        Interlocked.Increment(ref _succeeded);
        Interlocked.Add(ref _cacheHitTicks, ticks);
    }

    public void RecordCacheMiss() => Interlocked.Increment(ref _cacheMisses);

    public void RecordInput(long ticks) => Interlocked.Add(ref _inputTicks, ticks);

    private static double PerSecond(long frequency) => frequency == 0 ? System.Diagnostics.Stopwatch.Frequency : frequency;

    private BatchStats BatchOf(int rows)
    {
        // Callers choose how many rows they send; that must not decide how much is kept of them.
        if (rows >= _small.Length)
        {
            rows = (int)Math.Min(int.MaxValue, BitOperations.RoundUpToPowerOf2((uint)rows));
        }

        if (rows < _small.Length && Volatile.Read(ref _small[rows]) is { } known)
        {
            return known;
        }

        lock (_gate)
        {
            if (!_batches.TryGetValue(rows, out var stats))
            {
                _batches.Add(rows, stats = new BatchStats(rows));
            }

            if (rows < _small.Length)
            {
                _small[rows] = stats;
            }

            return stats;
        }
    }
}

/// <summary>The runs of one batch size.</summary>
internal sealed class BatchStats(int rows)
{
    private long _runs;
    private long _computeTicks;
    private long _outputTicks;

    public int Rows => rows;

    public long Runs => Volatile.Read(ref _runs);

    public long ComputeTicks => Volatile.Read(ref _computeTicks);

    public long OutputTicks => Volatile.Read(ref _outputTicks);

    public void Add(long compute, long output)
    {
        Interlocked.Increment(ref _runs);
        Interlocked.Add(ref _computeTicks, compute);
        Interlocked.Add(ref _outputTicks, output);
    }
}
