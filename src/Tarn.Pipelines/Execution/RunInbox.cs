namespace Tarn.Pipelines;

/// <summary>What has happened to a run and was not heard yet, in order. Anybody posts; the run's loop alone takes and waits.</summary>
/// <remarks>A channel does the same and takes twelve hundred bytes, a quarter of what a run of one task needs; runs start by the thousand, and what they allocate decides how long the collector stops them.</remarks>
internal sealed class RunInbox
{
    private readonly Lock _gate = new();
    private readonly Queue<RunEvent> _happened = new();
    private TaskCompletionSource? _waiting;

    public void Post(RunEvent happened)
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            _happened.Enqueue(happened);
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.SetResult();
    }

    /// <summary>The first that was not heard yet; null where all were.</summary>
    public RunEvent? TryTake()
    {
        lock (_gate)
        {
            return _happened.TryDequeue(out var happened) ? happened : null;
        }
    }

    /// <summary>Ends when there is something to take.</summary>
    public Task WaitAsync()
    {
        lock (_gate)
        {
            if (_happened.Count > 0)
            {
                return Task.CompletedTask;
            }

            _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task;
        }
    }
}
