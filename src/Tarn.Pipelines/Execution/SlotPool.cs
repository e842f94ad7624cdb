namespace Tarn.Pipelines;

/// <summary>A number of slots that tasks take while their code runs, given out in the order in which they were asked for.</summary>
internal sealed class SlotPool(int slots)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private int _free = slots;

    /// <summary>Waits for slots; disposing the lease gives them back.</summary>
    public async Task<Lease> AcquireAsync(int count, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (_gate)
        {
            if (_waiting.Count == 0 && _free >= count)
            {
                _free -= count;
                return new Lease(this, count);
            }

            waiter = new Waiter(count);
            _waiting.AddLast(waiter);
        }

        await using (cancellation.UnsafeRegister(_ => Abandon(waiter, cancellation), null))
        {
            await waiter.Granted.Task;
        }

        return new Lease(this, count);
    }

    private void Abandon(Waiter waiter, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_waiting.Remove(waiter))
            {
                waiter.Granted.TrySetCanceled(cancellation);
                Grant();
            }
        }
    }

    private void Release(int count)
    {
        lock (_gate)
        {
            _free += count;
            Grant();
        }
    }

    private void Grant()
    {
        while (_waiting.First is { } first && first.Value.Count <= _free)
        {
            _waiting.RemoveFirst();
            _free -= first.Value.Count;
            first.Value.Granted.TrySetResult();
        }
    }

    /// <summary>Slots that are held.</summary>
    public readonly struct Lease(SlotPool pool, int count) : IDisposable
    {
        public void Dispose() => pool.Release(count);
    }

    private sealed class Waiter(int count)
    {
        public int Count => count;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
