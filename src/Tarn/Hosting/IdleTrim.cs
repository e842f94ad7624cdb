using System.Runtime;
using Microsoft.Extensions.Hosting;

namespace Tarn;

/// <summary>
/// Gives memory back once the program is quiet. After a burst (a catalogue merged, a large answer) the collector keeps what it had
/// grown to, since nothing allocates and so nothing collects; this compacts and hands it back to the system, a few tens of milliseconds in a quiet moment.
/// </summary>
internal sealed class IdleTrim(TimeProvider time) : IHostedService, IDisposable
{
    /// <summary>How often it looks.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private const long QuietBytes = 4 << 20;
    private const long WorthBytes = 24 << 20;

    private ITimer? _timer;
    private long _allocatedAtLook;
    private long _allocatedAtTrim;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(static self => ((IdleTrim)self!).Look(), this, Period, Period);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        var isQuiet = allocated - _allocatedAtLook < QuietBytes;
        _allocatedAtLook = allocated;
        if (!isQuiet || allocated - _allocatedAtTrim < WorthBytes)
        {
            return;
        }

        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _allocatedAtTrim = _allocatedAtLook = GC.GetTotalAllocatedBytes();
    }
}
