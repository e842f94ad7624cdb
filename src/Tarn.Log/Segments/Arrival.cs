namespace Tarn.Log;

/// <summary>Wakes all who wait for the next records, without polling.</summary>
internal sealed class Arrival
{
    private TaskCompletionSource? _next;
    private bool _closed;

    /// <summary>Completes at the next <see cref="Signal"/>. Take it first, then look at the state, then wait: so no signal is missed.</summary>
    public Task Next
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed), typeof(SegmentTopicLog));
            if (Volatile.Read(ref _next) is { } present)
            {
                return present.Task;
            }

            var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref _next, mine, null) ?? mine).Task;
        }
    }

    public void Signal() => Interlocked.Exchange(ref _next, null)?.TrySetResult();

    /// <summary>Wakes all who wait; they find the log closed.</summary>
    public void Close()
    {
        Volatile.Write(ref _closed, true);
        Signal();
    }
}
