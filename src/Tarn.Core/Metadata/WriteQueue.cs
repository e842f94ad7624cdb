using Microsoft.Extensions.Logging;

namespace Tarn.Core;

/// <summary>
/// The one writer of a process. Whoever asks for a write while none is going on does it at once, on his own thread; those who come meanwhile are served
/// together in the next transaction, so that they share its commit.
/// </summary>
internal sealed partial class WriteQueue(MetadataStore store, ILogger logger)
{
    private const int LargestBatch = 512;

    private readonly Lock _gate = new();
    private readonly Queue<MetadataWrite> _waiting = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TarnException? _fault;
    private bool _busy;
    private bool _closing;
    private long _asked;

    public Func<CommitMoment, Task>? Intercept { get; set; }

    public TarnException? Fault => _fault;

    /// <summary>Whether a write is going on or waits.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_gate)
            {
                return _busy;
            }
        }
    }

    /// <summary>How many writes were asked for.</summary>
    public long Asked => Interlocked.Read(ref _asked);

    public void Enqueue(MetadataWrite write)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(MetadataStore));
            _waiting.Enqueue(write);
            _asked++;
            if (_busy)
            {
                return;
            }

            _busy = true;
        }

        _ = ServeAsync(write);
    }

    /// <summary>Takes no more writes, and waits for those that were asked for.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closing = true;
            if (!_busy)
            {
                _idle.TrySetResult();
            }
        }

        return _idle.Task;
    }

    /// <summary>Serves batches until none waits; once the caller's own write is done, the rest moves off his thread.</summary>
    private async Task ServeAsync(MetadataWrite? own)
    {
        while (TakeBatch() is { } batch)
        {
            await CommitAsync(batch);
            if (own is { Done: true } && Waits())
            {
                own = null;
                await Task.Yield();
            }
        }
    }

    private bool Waits()
    {
        lock (_gate)
        {
            return _waiting.Count > 0;
        }
    }

    private List<MetadataWrite>? TakeBatch()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _busy = false;
                if (_closing)
                {
                    _idle.TrySetResult();
                }

                return null;
            }

            var batch = new List<MetadataWrite>(Math.Min(_waiting.Count, LargestBatch));
            while (batch.Count < LargestBatch && _waiting.TryDequeue(out var write))
            {
                batch.Add(write);
            }

            return batch;
        }
    }

    private async Task CommitAsync(List<MetadataWrite> batch)
    {
        try
        {
            if (Intercept is { } before)
            {
                await before(CommitMoment.Before);
            }

            await RunAsync(batch);
            _fault = null;
            if (Intercept is { } after)
            {
                await after(CommitMoment.After);
            }
        }
        catch (Exception error)
        {
            // Handed to all who wait: a batch must end with an outcome, or its writers would wait for ever.
            var fault = error as TarnException ?? store.FaultOf(error);
            if (fault is not null)
            {
                LogFailed(logger, fault.Message);
                _fault = fault;
                store.DropWriter();
            }

            Fail(batch, fault ?? error);
        }

        foreach (var write in batch)
        {
            write.Complete();
        }
    }

    private async Task RunAsync(List<MetadataWrite> batch)
    {
        var relaxed = batch.TrueForAll(static w => w.Durability == WriteDurability.Process);
        await using var transaction = await store.BeginAsync(relaxed ? WriteDurability.Process : WriteDurability.Power);
        if (batch.Count == 1)
        {
            await batch[0].RunAsync(transaction);
            if (batch[0].Failed)
            {
                return;
            }
        }
        else
        {
            foreach (var write in batch)
            {
                await RunSavedAsync(transaction, write);
            }
        }

        await transaction.CommitAsync();
    }

    private static async ValueTask RunSavedAsync(MetadataTransaction transaction, MetadataWrite write)
    {
        await transaction.SaveAsync();
        await write.RunAsync(transaction);
        if (!write.Failed)
        {
            try
            {
                await transaction.KeepAsync();
                return;
            }
            catch (InvalidOperationException error)
            {
                write.Refuse(error);
            }
        }

        await transaction.UndoAsync();
    }

    private static void Fail(List<MetadataWrite> batch, Exception error)
    {
        foreach (var write in batch)
        {
            write.Fail(error);
        }
    }

    [LoggerMessage(1001, LogLevel.Error, "Metadata cannot be written: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}

/// <summary>A moment of a commit at which a test may inject a fault.</summary>
internal enum CommitMoment
{
    /// <summary>Nothing has been done yet.</summary>
    Before,

    /// <summary>The commit is durable, and its writers have not been told yet.</summary>
    After,
}
