using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// Does for a process without a scheduler what the work that it began needs: makes the runs of the backfills that it made or resumed itself, and no others, and forgets runs that it
/// has too many of.
/// </summary>
internal sealed partial class LocalDuties : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    private readonly Orchestrator _orchestrator;
    private readonly ILogger _logger;
    private readonly WakeSignal _wake;
    private readonly ConcurrentDictionary<string, bool> _own = new(StringComparer.Ordinal);
    private readonly List<LeaderDuty> _duties;

    public LocalDuties(Orchestrator orchestrator, TimeProvider time, ILogger<LocalDuties> logger)
    {
        _orchestrator = orchestrator;
        _logger = logger;
        _wake = new WakeSignal(time);
        _duties = [new BackfillDuty(orchestrator, _own), .. orchestrator.Duties.OfType<RetentionDuty>()];
        _orchestrator.BackfillMoved += OnBackfillMoved;
        _orchestrator.RunChanged += OnRunChanged;
    }

    /// <summary>Runs until stopped; simulations call it on their own thread.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(await TurnAsync(stoppingToken), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped.
        }
        finally
        {
            _orchestrator.BackfillMoved -= OnBackfillMoved;
            _orchestrator.RunChanged -= OnRunChanged;
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    private async Task<TimeSpan> TurnAsync(CancellationToken stop)
    {
        var pause = Timeout.InfiniteTimeSpan;
        foreach (var duty in _duties)
        {
            if (duty is BackfillDuty && _own.IsEmpty)
            {
                continue;
            }

            try
            {
                pause = await duty.TurnAsync(stop) is { } soon && (pause < TimeSpan.Zero || soon < pause) ? soon : pause;
            }
            catch (TarnException error)
            {
                LogFailed(_logger, duty.GetType().Name, error.Message);
                pause = RetryDelay;
            }
        }

        return pause;
    }

    private void OnBackfillMoved(string id)
    {
        _own[id] = true;
        _wake.Set();
    }

    private void OnRunChanged(RunChanged change)
    {
        if (change.Run.HasEnded)
        {
            _wake.Set();
        }
    }

    [LoggerMessage(4063, LogLevel.Error, "{Duty} could not be done; it is tried again. {Reason}")]
    private static partial void LogFailed(ILogger logger, string duty, string reason);
}
