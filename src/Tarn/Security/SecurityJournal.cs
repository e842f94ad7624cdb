namespace Tarn;

/// <summary>Wakes who stores what was counted: nothing is looked at while nothing happens.</summary>
internal sealed class SecurityJournal : IDisposable
{
    private readonly SemaphoreSlim _woken = new(0);
    private int _isAwake;

    /// <summary>There is something to store.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isAwake, 1) == 0)
        {
            _woken.Release();
        }
    }

    /// <summary>Waits until there is.</summary>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        await _woken.WaitAsync(cancellation).ConfigureAwait(false);
        Volatile.Write(ref _isAwake, 0);
    }

    public void Dispose() => _woken.Dispose();
}
