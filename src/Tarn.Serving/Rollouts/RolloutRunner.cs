using System.Globalization;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Registry;

namespace Tarn.Serving;

/// <summary>How often a runner looks, and how often it stores what it saw.</summary>
public sealed record RolloutRunnerOptions
{
    /// <summary>How often it looks at each rollout; 100 ms to an hour, default a second.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often it stores what was counted where nothing was decided: as much may be lost when the process is killed. 0 to an hour, default 5 s.</summary>
    public TimeSpan StoreEvery { get; init; } = TimeSpan.FromSeconds(5);

    internal void Check()
    {
        List<string> broken = [];
        RouteRules.Add(broken, Period >= TimeSpan.FromMilliseconds(100) && Period <= TimeSpan.FromHours(1), $"period = {Period}: 100 ms to an hour");
        RouteRules.Add(broken, StoreEvery >= TimeSpan.Zero && StoreEvery <= TimeSpan.FromHours(1), $"store every = {StoreEvery}: 0 to an hour");
        ServingRules.Check(broken, "A rollout runner's options keep their ranges.");
    }
}

/// <summary>
/// Takes rollouts from stage to stage by what is counted. Every process that answers requests may have one: each adds what it counted to what is stored, and of two that decide at once one
/// is refused and looks again.
/// </summary>
public sealed partial class RolloutRunner
{
    /// <summary>How many answers of the control the threshold of slow answers is measured by.</summary>
    internal const int CalibrationRequests = 500;

    private const string Who = "rollout";

    private readonly EndpointBook _book;
    private readonly EndpointStats _stats;
    private readonly RegisteredModels _models;
    private readonly TimeProvider _time;
    private readonly RolloutRunnerOptions _options;
    private readonly ILogger _logger;
    private readonly Dictionary<long, RolloutWatch> _watches = [];

    /// <summary>A runner.</summary>
    /// <param name="book">The endpoints.</param>
    /// <param name="stats">What is counted in this process.</param>
    /// <param name="models">The models whose champions change.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it reports what it does.</param>
    /// <param name="options">How often it looks and stores; null for the defaults.</param>
    /// <exception cref="TarnException">An option is out of range; all such are named.</exception>
    public RolloutRunner(EndpointBook book, EndpointStats stats, RegisteredModels models, TimeProvider time, ILoggerFactory loggers, RolloutRunnerOptions? options = null)
    {
        (_book, _stats, _models, _time, _options, _logger) = (book, stats, models, time, options ?? new RolloutRunnerOptions(), loggers.CreateLogger<RolloutRunner>());
        _options.Check();
    }

    /// <summary>Looks after all rollouts until it is stopped. What goes wrong with one is logged, and tried again at the next look.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(_options.Period, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                await LookAsync(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            LogStopped();
        }
    }

    /// <summary>Looks at every rollout once.</summary>
    internal async Task LookAsync(CancellationToken cancellation)
    {
        var active = _book.Endpoints.Where(static e => e.Rollout is not null).ToList();
        foreach (var id in _watches.Keys.Except(active.Select(static e => e.Rollout!.Id)).ToList())
        {
            _watches.Remove(id);
        }

        foreach (var endpoint in active)
        {
            try
            {
                await LookAsync(endpoint, endpoint.Rollout!, cancellation);
            }
            catch (Exception error) when (error is not OperationCanceledException || !cancellation.IsCancellationRequested)
            {
                // What was counted is still here, and the next look is soon.
                LogFailed(endpoint.Name, error);
            }
        }
    }

    private async Task LookAsync(Endpoint endpoint, Rollout stored, CancellationToken cancellation)
    {
        if (!_watches.TryGetValue(stored.Id, out var watch))
        {
            _watches.Add(stored.Id, watch = new RolloutWatch(_stats, stored, _time.GetTimestamp()));
        }

        var now = Instant.Truncate(_time.GetUtcNow());
        watch.Rebase(stored, now);
        switch (stored.Status)
        {
            case RolloutStatus.Promoting:
                await PromoteAsync(endpoint, stored, now, cancellation);
                break;
            case RolloutStatus.Running when watch.Look(now) is { Decision: not RolloutDecision.Stay } step:
                await DecideAsync(endpoint, watch, await GuardAsync(endpoint, step, now, cancellation), cancellation);
                break;
            case RolloutStatus.Running when watch.HasCounted && _time.GetElapsedTime(watch.StoredAt) >= _options.StoreEvery:
                await StoreAsync(watch, watch.Current, null, new RouteChange(Who), cancellation);
                break;
            case RolloutStatus.Paused:
                watch.Skip();
                break;
        }
    }

    // A control that became another version in the middle was not what the canary was compared with.
    private async Task<RolloutStep> GuardAsync(Endpoint endpoint, RolloutStep step, DateTimeOffset now, CancellationToken cancellation)
    {
        if (step.Decision is RolloutDecision.Advance or RolloutDecision.Finish && step.Seen.ChampionVersion is { } expected)
        {
            var champion = (await _models.FindByAliasAsync(endpoint.Model, RegisteredModels.Champion, cancellation))?.Version ?? 0;
            if (champion != expected)
            {
                return RolloutAdvance.RollBack(
                    step.Seen, now, string.Create(CultureInfo.InvariantCulture, $"The champion of {endpoint.Model} was version {expected} when the rollout began, and is {champion} now: the canary was compared with another one."));
            }
        }

        return step;
    }

    private async Task DecideAsync(Endpoint endpoint, RolloutWatch watch, RolloutStep step, CancellationToken cancellation)
    {
        var kind = step.Decision switch
        {
            RolloutDecision.RollBack => RouteChangeKind.RolledBack,
            RolloutDecision.Expire => RouteChangeKind.RolloutExpired,
            _ => RouteChangeKind.RolloutAdvanced,
        };
        if (!await StoreAsync(watch, step.Next, kind, new RouteChange(Who, step.Next.Reason) { Verdict = RolloutVerdict.Of(step.Seen, step.Next, step.Decision) }, cancellation))
        {
            return;
        }

        if (step.Decision == RolloutDecision.RollBack)
        {
            LogRolledBack(endpoint.Name, step.Next.Reason);
        }
        else if (step.Decision == RolloutDecision.Expire)
        {
            LogExpired(endpoint.Name, step.Next.Reason);
        }
        else
        {
            LogAdvanced(endpoint.Name, step.Next.StagePercent);
        }
    }

    private async Task<bool> StoreAsync(RolloutWatch watch, Rollout next, RouteChangeKind? kind, RouteChange change, CancellationToken cancellation)
    {
        if (!await _book.StoreRolloutAsync(next, kind, change, cancellation))
        {
            return false;
        }

        watch.WasStored(_time.GetTimestamp());
        return true;
    }

    // The alias first: killed in between, it is found set and the rest is done.
    private async Task PromoteAsync(Endpoint endpoint, Rollout rollout, DateTimeOffset now, CancellationToken cancellation)
    {
        var end = rollout with { Status = RolloutStatus.Finished, EndedAt = now };
        var (kind, decision) = (RouteChangeKind.RolloutFinished, RolloutDecision.Finish);
        if (rollout.Plan.OnSuccess == RolloutSuccess.PromoteChampion && await FailPromotionAsync(endpoint, rollout, cancellation) is { } reason)
        {
            end = RolloutAdvance.RollBack(rollout, now, reason).Next;
            (kind, decision) = (RouteChangeKind.RolledBack, RolloutDecision.RollBack);
        }

        if (await _book.StoreRolloutAsync(end, kind, new RouteChange(Who, end.Reason) { Verdict = RolloutVerdict.Of(rollout, end, decision) }, cancellation))
        {
            if (kind == RouteChangeKind.RolledBack)
            {
                LogRolledBack(endpoint.Name, end.Reason);
            }
            else
            {
                LogFinished(endpoint.Name, rollout.Plan.Canary.Version ?? 0);
            }
        }
    }

    /// <summary>Makes the canary champion; why it cannot be, or null where it is.</summary>
    private async Task<string?> FailPromotionAsync(Endpoint endpoint, Rollout rollout, CancellationToken cancellation)
    {
        var version = rollout.Plan.Canary.Version!.Value;
        try
        {
            if ((await _models.FindByAliasAsync(endpoint.Model, RegisteredModels.Champion, cancellation))?.Version != version)
            {
                var verdict = RolloutVerdict.Of(rollout, rollout, RolloutDecision.Finish);
                var change = new AliasChange(Who, $"The rollout of {endpoint.Name}: {rollout.Reason}") { Verdict = verdict, ExpectedVersion = rollout.ChampionVersion };
                await _models.SetAliasAsync(endpoint.Model, RegisteredModels.Champion, version, change, cancellation);
            }

            return null;
        }
        catch (TarnException error) when (error.Kind is ErrorKind.Conflict or ErrorKind.NotFound)
        {
            // Another process may have done it between the question and the change: then it is done.
            if ((await _models.FindByAliasAsync(endpoint.Model, RegisteredModels.Champion, cancellation))?.Version == version)
            {
                return null;
            }

            return $"The canary passed all stages and could not be made champion: {error.Message}";
        }
    }

    [LoggerMessage(5310, LogLevel.Information, "The canary of {Endpoint} gets {Percent} % of the requests")]
    private partial void LogAdvanced(string endpoint, double percent);

    [LoggerMessage(5311, LogLevel.Error, "The canary of {Endpoint} was rolled back: {Reason}")]
    private partial void LogRolledBack(string endpoint, string reason);

    [LoggerMessage(5312, LogLevel.Warning, "The canary of {Endpoint} stays at its share: {Reason}")]
    private partial void LogExpired(string endpoint, string reason);

    [LoggerMessage(5313, LogLevel.Information, "The rollout of {Endpoint} is finished: version {Version} answers")]
    private partial void LogFinished(string endpoint, long version);

    [LoggerMessage(5314, LogLevel.Error, "The rollout of {Endpoint} cannot be looked after at the moment, and will be")]
    private partial void LogFailed(string endpoint, Exception error);

    [LoggerMessage(5315, LogLevel.Debug, "Rollouts are no longer looked after here")]
    private partial void LogStopped();
}
