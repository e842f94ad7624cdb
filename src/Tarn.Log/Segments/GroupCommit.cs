namespace Tarn.Log;

/// <summary>
/// Lets many writers share one flush: while one flush runs, the writers that arrive wait for the next, which covers them all.
/// Writers enter under the lock under which they wrote, so that a failed flush takes back exactly those that wait.
/// </summary>
/// <param name="flush">Flushes all that is written by now and returns the mark up to which it is durable.</param>
internal sealed class GroupCommit(Func<long> flush)
{
    private readonly Lock _gate = new();
    private readonly List<(long Mark, TaskCompletionSource Done)> _waiting = [];
    private bool _running;

    /// <summary>Completes once the writes up to a mark are durable.</summary>
    public Task WaitAsync(long mark)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Add((mark, done));
            if (_running)
            {
                return done.Task;
            }

            _running = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static self => self.Run(), this, preferLocal: false);
        return done.Task;
    }

    /// <summary>Tells those who wait for a mark up to this one that they are done.</summary>
    public void Complete(long durable)
    {
        lock (_gate)
        {
            Settle(durable, null);
        }
    }

    /// <summary>Tells all who wait that their writes were taken back.</summary>
    public void Fail(Exception error)
    {
        lock (_gate)
        {
            Settle(long.MaxValue, error);
        }
    }

    private void Run()
    {
        while (true)
        {
            var durable = flush();
            lock (_gate)
            {
                Settle(durable, null);
                if (_waiting.Count == 0)
                {
                    _running = false;
                    return;
                }
            }
        }
    }

    private void Settle(long durable, Exception? error)
    {
        var kept = 0;
        for (var i = 0; i < _waiting.Count; i++)
        {
            var (mark, done) = _waiting[i];
            if (mark > durable)
            {
                _waiting[kept++] = _waiting[i];
            }
            else if (error is null)
            {
                done.TrySetResult();
            }
            else
            {
                done.TrySetException(error);
            }
        }

        _waiting.RemoveRange(kept, _waiting.Count - kept);
    }
}
