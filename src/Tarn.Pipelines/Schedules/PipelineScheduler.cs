using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// Makes the runs that schedules ask for, and lets the <see cref="Orchestrator"/> take up the runs that earlier processes left queued.
/// It sleeps until the next data interval ends, or many are to end a second later, a run ends or a pipeline is resumed, and at most a minute, to notice a clock that was set.
/// Several processes must not run it on one data directory.
/// </summary>
public sealed partial class PipelineScheduler : BackgroundService
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetentionPeriod = TimeSpan.FromHours(1);

    /// <summary>So long before many pipelines are due together, their runs are prepared.</summary>
    private static readonly TimeSpan PreparedBefore = TimeSpan.FromSeconds(1);

    private readonly Orchestrator _orchestrator;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly WakeSignal _wake;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _moved = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ended = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);
    private DateTimeOffset _preparedFor;

    /// <summary>Makes a scheduler for the pipelines of an orchestrator, which must have been started before it is.</summary>
    public PipelineScheduler(Orchestrator orchestrator, TimeProvider time, ILogger<PipelineScheduler> logger)
    {
        _orchestrator = orchestrator;
        _time = time;
        _logger = logger;
        _wake = new WakeSignal(time);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until stopped, while this process leads; simulations call it on their own thread.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var term = await _orchestrator.LeadAsync(stoppingToken);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, term);
                try
                {
                    await LeadAsync(either.Token);
                }
                catch (Exception error) when (!stoppingToken.IsCancellationRequested)
                {
                    // Whatever it is, schedules that stand still must not do so unseen, and must not take the process down.
                    LogFault(_logger, error);
                    await Task.Delay(RetryDelay, _time, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    /// <summary>Makes runs until this process leads no more.</summary>
    private async Task LeadAsync(CancellationToken stoppingToken)
    {
        var clock = new ClockWatch(_time, _logger);
        foreach (var pipeline in _orchestrator.Pipelines.Pipelines.Where(static p => p.Schedule is not null))
        {
            _turns[pipeline.Name] = new Turn(pipeline);
        }

        _orchestrator.RunChanged += OnRunChanged;
        _orchestrator.PipelineChanged += OnPipelineChanged;
        _orchestrator.DutyWanted += _wake.Set;
        _orchestrator.ScheduleMoved += Move;
        try
        {
            clock.LookAtStart(await _orchestrator.ScheduledUntilAsync(stoppingToken));
            _orchestrator.TakeUpQueuedRuns();
            var forgetAt = _time.GetUtcNow();
            while (true)
            {
                clock.Look();
                var pause = await MakeDueRunsAsync(stoppingToken);
                foreach (var duty in _orchestrator.Duties)
                {
                    pause = Shorter(pause, await TurnAsync(duty, stoppingToken));
                }

                var now = _time.GetUtcNow();
                if (now >= forgetAt || forgetAt - now > RetentionPeriod)
                {
                    await ForgetOldAsync(stoppingToken);
                    forgetAt = now + RetentionPeriod;
                }

                pause = Shorter(pause, await PrepareAsync(stoppingToken));
                await _wake.WaitAsync(pause, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped, or another leads.
        }
        finally
        {
            _orchestrator.RunChanged -= OnRunChanged;
            _orchestrator.PipelineChanged -= OnPipelineChanged;
            _orchestrator.DutyWanted -= _wake.Set;
            _orchestrator.ScheduleMoved -= Move;
        }
    }

    /// <summary>Makes what is due; returns how long nothing further is.</summary>
    private async Task<TimeSpan> MakeDueRunsAsync(CancellationToken stop)
    {
        lock (_gate)
        {
            foreach (var turn in _moved.Select(_turns.GetValueOrDefault).OfType<Turn>())
            {
                turn.At = DateTimeOffset.MinValue;
            }

            _moved.Clear();
        }

        var now = _time.GetUtcNow();
        var due = _turns.Values.Where(t => t.At <= now).ToList();
        if (due.Count > 0)
        {
            try
            {
                var made = await _orchestrator.MakeDueRunsAsync(due.ConvertAll(static t => t.Pipeline), now, stop);
                lock (_gate)
                {
                    for (var i = 0; i < due.Count; i++)
                    {
                        var next = made[i].Blocked ? null : made[i].NextAt;
                        due[i].At = next ?? (_orchestrator.IsShared ? now + LongestSleep : DateTimeOffset.MaxValue);
                        (due[i].Waits, due[i].Blocked) = (next is null, made[i].Blocked);
                    }

                    // A run may have ended while its pipeline was found blocked by it.
                    foreach (var name in _ended.Where(n => _turns.TryGetValue(n, out var turn) && turn.Blocked))
                    {
                        _moved.Add(name);
                    }

                    _ended.Clear();
                    if (_moved.Count > 0)
                    {
                        return TimeSpan.Zero;
                    }
                }
            }
            catch (TarnException error)
            {
                LogNotMade(_logger, error.Message);
                return RetryDelay;
            }
        }

        var wait = NextAt() - _time.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestSleep ? LongestSleep : wait;
    }

    private DateTimeOffset NextAt() => _turns.Count == 0 ? DateTimeOffset.MaxValue : _turns.Values.Min(static t => t.At);

    /// <summary>Shortly before many pipelines are due together, makes beforehand what can be made of their runs; returns when to come again.</summary>
    private async Task<TimeSpan?> PrepareAsync(CancellationToken stop)
    {
        var next = NextAt();
        if (next == _preparedFor || next - _time.GetUtcNow() is var left && (left <= TimeSpan.Zero || left > LongestSleep))
        {
            return null;
        }

        var together = _turns.Values.Where(t => t.At == next && !t.Waits).Select(static t => t.Pipeline).ToList();
        if (together.Count < _orchestrator.PreparedTogether)
        {
            return null;
        }

        if (left > PreparedBefore)
        {
            return left - PreparedBefore;
        }

        _preparedFor = next;
        try
        {
            // No longer than until they are due: a store that answers slowly must not delay what does not need this.
            await _orchestrator.PrepareRunsAsync(together, next, stop).WaitAsync(left, _time, stop);
            LogPrepared(_logger, together.Count, next);
        }
        catch (Exception error) when (error is TarnException or TimeoutException)
        {
            LogNotPrepared(_logger, error.Message);
        }

        return next - _time.GetUtcNow();
    }

    private static TimeSpan Shorter(TimeSpan pause, TimeSpan? other) => other < pause ? other.Value < TimeSpan.Zero ? TimeSpan.Zero : other.Value : pause;

    /// <summary>A duty that cannot be done now is tried again; it keeps the others from nothing.</summary>
    private async Task<TimeSpan?> TurnAsync(LeaderDuty duty, CancellationToken stop)
    {
        try
        {
            return await duty.TurnAsync(stop);
        }
        catch (TarnException error)
        {
            LogDutyFailed(_logger, duty.GetType().Name, error.Message);
            return RetryDelay;
        }
        catch (Exception error) when (!stop.IsCancellationRequested)
        {
            LogDutyFault(_logger, error, duty.GetType().Name);
            return RetryDelay;
        }
    }

    private async Task ForgetOldAsync(CancellationToken stop)
    {
        try
        {
            await _orchestrator.ForgetOldAsync(stop);
        }
        catch (TarnException error)
        {
            LogNotForgotten(_logger, error.Message);
        }
    }

    private void OnRunChanged(RunChanged change)
    {
        if (change.Run.HasEnded && change.Run.Trigger is RunTrigger.Scheduled or RunTrigger.CatchUp)
        {
            Ended(change.Run.Pipeline);
        }
        else if (change.Run.HasEnded && _orchestrator.Duties.Count > 0)
        {
            _wake.Set();
        }
    }

    /// <summary>The end of a run is news for its schedule only where that waits for it.</summary>
    private void Ended(string pipeline)
    {
        lock (_gate)
        {
            if (!_turns.TryGetValue(pipeline, out var turn) || !turn.Blocked)
            {
                _ended.Add(pipeline);
                return;
            }

            _moved.Add(pipeline);
        }

        _wake.Set();
    }

    private void OnPipelineChanged(PipelineChanged change) => Move(change.Pipeline);

    private void Move(string? pipeline)
    {
        lock (_gate)
        {
            // Signals may have been missed: any of them may have moved.
            _moved.UnionWith(pipeline is null ? _turns.Keys : [pipeline]);
        }

        _wake.Set();
    }

    [LoggerMessage(4060, LogLevel.Error, "Scheduled runs cannot be made; it is tried again. {Reason}")]
    private static partial void LogNotMade(ILogger logger, string reason);

    [LoggerMessage(4062, LogLevel.Error, "{Duty} could not be done; it is tried again. {Reason}")]
    private static partial void LogDutyFailed(ILogger logger, string duty, string reason);

    [LoggerMessage(4067, LogLevel.Critical, "{Duty} could not be done, by a fault of the orchestrator; it is tried again")]
    private static partial void LogDutyFault(ILogger logger, Exception exception, string duty);

    [LoggerMessage(4068, LogLevel.Critical, "No scheduled runs are made, by a fault of the orchestrator; it begins anew")]
    private static partial void LogFault(ILogger logger, Exception exception);

    [LoggerMessage(4065, LogLevel.Debug, "The runs of {Pipelines} pipeline(s) that are due at {At:O} are prepared")]
    private static partial void LogPrepared(ILogger logger, int pipelines, DateTimeOffset at);

    [LoggerMessage(4066, LogLevel.Debug, "Runs that will be due could not be prepared; they are made when they are. {Reason}")]
    private static partial void LogNotPrepared(ILogger logger, string reason);

    [LoggerMessage(4061, LogLevel.Warning, "Old runs could not be removed. {Reason}")]
    private static partial void LogNotForgotten(ILogger logger, string reason);

    /// <summary>When a pipeline's schedule is looked at next.</summary>
    private sealed class Turn(PipelineDefinition pipeline)
    {
        public PipelineDefinition Pipeline => pipeline;

        public DateTimeOffset At { get; set; } = DateTimeOffset.MinValue;

        /// <summary>Whether it is paused, or waits for another thing than a moment. Whoever ends that says so; where it may be another node, it is looked at now and then as well.</summary>
        public bool Waits { get; set; }

        /// <summary>Whether its next run waits for one to end.</summary>
        public bool Blocked { get; set; }
    }
}
