using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn;

/// <summary>
/// Stores what requests leave behind: the audit log at once, the use of keys after ten seconds, refusals after a minute; and reads keys anew when another process changed them. What is
/// left is stored at the stop.
/// </summary>
internal sealed partial class SecurityService(Callers callers, AuditLog audit, RefusalTally refusals, KeyUsage usage, SecurityJournal journal, TimeProvider time, ILogger<SecurityService> logger) : BackgroundService
{
    /// <summary>Use of keys is gathered so long before it is stored.</summary>
    public static readonly TimeSpan Gathering = TimeSpan.FromSeconds(10);

    /// <summary>Refusals are gathered so long before they are stored.</summary>
    public static readonly TimeSpan RefusalGathering = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan PruneEvery = TimeSpan.FromDays(1);

    private readonly CancellationTokenSource _abandon = new();
    private Task _writing = Task.CompletedTask;
    private DateTimeOffset _refusalsStored;
    private DateTimeOffset _pruned;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _writing = audit.RunAsync(_abandon.Token);
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await using var registration = cancellationToken.Register(static abandon => ((CancellationTokenSource)abandon!).Cancel(), _abandon).ConfigureAwait(false);
        try
        {
            await usage.FlushAsync(cancellationToken).ConfigureAwait(false);
            await audit.AddRefusalsAsync().ConfigureAwait(false);
            audit.Complete();
            await _writing.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TarnException or OperationCanceledException)
        {
            LogNotStored(exception);
        }
    }

    public override void Dispose()
    {
        _abandon.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(FollowAsync(stoppingToken), StoreAsync(stoppingToken)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped; a start that failed stops it without the host's own stop, and the host would call that a fault.
        }
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        while (true)
        {
            await callers.WaitForChangeAsync(stop).ConfigureAwait(false);
            while (!await TryAsync(() => callers.ReloadAsync(stop)).ConfigureAwait(false))
            {
                await Task.Delay(TimeSpan.FromSeconds(1), time, stop).ConfigureAwait(false);
            }
        }
    }

    private async Task StoreAsync(CancellationToken stop)
    {
        while (true)
        {
            await journal.WaitAsync(stop).ConfigureAwait(false);
            do
            {
                await Task.Delay(Gathering, time, stop).ConfigureAwait(false);
                if (!await TryAsync(() => StoreOnceAsync(stop)).ConfigureAwait(false))
                {
                    journal.Wake();
                }
            }
            while (!refusals.IsEmpty);
        }
    }

    private async Task StoreOnceAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        await usage.FlushAsync(stop).ConfigureAwait(false);
        if (now - _refusalsStored >= RefusalGathering)
        {
            _refusalsStored = now;
            await audit.AddRefusalsAsync().ConfigureAwait(false);
        }

        if (now - _pruned >= PruneEvery)
        {
            _pruned = now;
            await audit.PruneAsync(stop).ConfigureAwait(false);
        }
    }

    private async Task<bool> TryAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
            return true;
        }
        catch (TarnException exception)
        {
            LogNotStored(exception);
            return false;
        }
    }

    [LoggerMessage(EventId = 7072, Level = LogLevel.Warning, Message = "The state of keys and of the audit log could not be read or stored; it is tried again.")]
    private partial void LogNotStored(Exception exception);
}
