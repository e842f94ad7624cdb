namespace Tarn.Pipelines;

/// <summary>Those who wait for runs to end, by run.</summary>
internal sealed class RunWaiters
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TaskCompletionSource<RunSummary>> _waiting = new(StringComparer.Ordinal);

    /// <summary>A task that ends when the run does, counted from now on.</summary>
    public Task<RunSummary> EndOf(string runId)
    {
        lock (_gate)
        {
            if (!_waiting.TryGetValue(runId, out var waiter))
            {
                waiter = new TaskCompletionSource<RunSummary>(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Add(runId, waiter);
            }

            return waiter.Task;
        }
    }

    /// <summary>The runs that somebody waits for.</summary>
    public IReadOnlyList<string> Waiting()
    {
        lock (_gate)
        {
            return [.. _waiting.Keys];
        }
    }

    /// <summary>Drops the wait for a run that does not exist.</summary>
    public void Forget(string runId)
    {
        lock (_gate)
        {
            _waiting.Remove(runId);
        }
    }

    /// <summary>Tells those who wait for the run that it has ended.</summary>
    public void Ended(RunSummary run)
    {
        TaskCompletionSource<RunSummary>? waiter;
        lock (_gate)
        {
            _waiting.Remove(run.Id, out waiter);
        }

        waiter?.SetResult(run);
    }
}
