namespace Tarn.Lake;

/// <summary>
/// Work that follows from a commit and that nobody waits for (checkpoints, the log's cleanup): one piece at a time, of a table only the latest that is waiting.
/// Ended work is awaited when the lake is disposed.
/// </summary>
internal sealed class Upkeep
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Func<Task>> _waiting = new(StringComparer.Ordinal);
    private Task? _running;

    /// <summary>Does a piece of work in the background; it handles its own errors. One of the same key that still waits is dropped.</summary>
    public void Post(string key, Func<Task> work)
    {
        lock (_gate)
        {
            _waiting[key] = work;
            _running ??= Task.Run(RunAsync);
        }
    }

    /// <summary>Ends when nothing is left to do.</summary>
    public async Task IdleAsync()
    {
        while (true)
        {
            Task? running;
            lock (_gate)
            {
                running = _running;
            }

            if (running is null)
            {
                return;
            }

            await running.ConfigureAwait(false);
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            Func<Task> work;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    _running = null;
                    return;
                }

                var (key, next) = _waiting.First();
                _waiting.Remove(key);
                work = next;
            }

            try
            {
                await work().ConfigureAwait(false);
            }
            catch
            {
                // A defect: it is thrown where the end is awaited, and later work goes on.
                lock (_gate)
                {
                    _running = null;
                }

                throw;
            }
        }
    }
}
