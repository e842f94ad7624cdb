namespace Tarn.Core;

/// <summary>Wakes one loop: a set signal ends its wait, or its next one at once.</summary>
internal sealed class AlertSignal(TimeProvider time)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Set()
    {
        lock (_gate)
        {
            _signal.TrySetResult();
        }
    }

    /// <summary>Waits for the signal or the end of the delay, whichever is first.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task WaitAsync(TimeSpan delay, CancellationToken stop)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            signal = _signal;
        }

        using (time.CreateTimer(static s => ((TaskCompletionSource)s!).TrySetResult(), signal, delay, Timeout.InfiniteTimeSpan))
        await using (stop.UnsafeRegister(static s => ((TaskCompletionSource)s!).TrySetResult(), signal))
        {
            await signal.Task;
        }

        stop.ThrowIfCancellationRequested();
        lock (_gate)
        {
            _signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
