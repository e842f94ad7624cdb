using System.Collections.Concurrent;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>One table's log in this process: its latest state, kept and renewed by what is new, and the commits to it.</summary>
internal sealed class TableLog(DeltaLog log, ObjectStore store, LakeOptions options, TimeProvider time, IdSource ids)
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<long, long> _timestamps = new();
    private readonly CommitWriter _writer = new(store);
    private volatile LogState _latest = LogState.Empty;

    public DeltaLog Log => log;

    /// <summary>The table's latest state; null where it has no log.</summary>
    public async ValueTask<LogState?> LatestAsync(CancellationToken cancellationToken)
    {
        var known = _latest;
        if (known.Version != LogState.NoVersion && !await log.HasCommitAsync(known.Version + 1, cancellationToken).ConfigureAwait(false))
        {
            return known;
        }

        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var (state, _) = await CatchUpAsync(null, cancellationToken).ConfigureAwait(false);
            return state.Version == LogState.NoVersion ? null : state;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The state at a version, or at an instant.</summary>
    /// <exception cref="TarnException">There is no such version (any more).</exception>
    public async ValueTask<LogState?> AtAsync(AsOf asOf, CancellationToken cancellationToken)
    {
        if (await LatestAsync(cancellationToken).ConfigureAwait(false) is not { } latest)
        {
            return null;
        }

        var version = asOf.Instant is { } instant ? await VersionAtAsync(instant, latest, cancellationToken).ConfigureAwait(false) : asOf.Number ?? latest.Version;
        if (version == latest.Version)
        {
            return latest;
        }

        if (version > latest.Version)
        {
            throw TarnException.NotFound($"Table {log.Table} has no such version; its latest is {latest.Version}.", $"{version}", "Ask for an earlier one.");
        }

        return await log.LoadAsync(version, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Brings a plan into the log, after whatever came since <paramref name="basis"/>.</summary>
    public async Task<(CommitOutcome Outcome, LogState State)> CommitAsync(LogState basis, CommitPlan plan, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var since = basis.Version;
            var check = new CommitConflict(plan, basis);
            while (true)
            {
                var (state, conflict) = await CatchUpAsync((since, check), cancellationToken).ConfigureAwait(false);
                if (IsApplied(state, plan.Transactions))
                {
                    return (CommitOutcome.AlreadyApplied, state);
                }

                RequireExpected(state, plan.ExpectedTransactions);
                if (conflict)
                {
                    return (CommitOutcome.Conflict, state);
                }

                cancellationToken.ThrowIfCancellationRequested();
                if (await TryPutAsync(state, plan).ConfigureAwait(false) is { } committed)
                {
                    _latest = committed;
                    return (CommitOutcome.Committed, committed);
                }

                since = state.Version;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Forgets removals before an instant, so that memory does not grow with the number of commits.</summary>
    public async Task ForgetRemovalsAsync(long before)
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            _latest = _latest.WithoutRemovalsBefore(before);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Whether the state holds every one of the transactions; false where there are none.</summary>
    public static bool IsApplied(LogState state, IReadOnlyList<AppTransaction> transactions)
    {
        foreach (var transaction in transactions)
        {
            if (!state.Transactions.TryGetValue(transaction.AppId, out var stored) || stored.Version < transaction.Version)
            {
                return false;
            }
        }

        return transactions.Count > 0;
    }

    /// <summary>Checks that applications' progress is what a write follows on.</summary>
    /// <exception cref="TarnException">Conflict: it is not.</exception>
    public void RequireExpected(LogState state, IReadOnlyDictionary<string, long?> expected)
    {
        foreach (var (application, version) in expected)
        {
            var stored = state.Transactions.TryGetValue(application, out var transaction) ? transaction.Version : (long?)null;
            if (stored != version)
            {
                throw TarnException.Conflict(
                    FormattableString.Invariant($"Table {log.Table} has other progress of {application} than the write follows on ({version?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"})."),
                    stored?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none",
                    "Another writer has come further: read the progress again, and go on from there.");
            }
        }
    }

    private async Task<LogState?> TryPutAsync(LogState state, CommitPlan plan)
    {
        var version = state.Version + 1;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var timestamp = state.Version == LogState.NoVersion ? now : Math.Max(now, state.Timestamp + 1);
        var info = new CommitInfoAction
        {
            Timestamp = timestamp,
            Operation = plan.Operation,
            OperationParameters = plan.Parameters,
            OperationMetrics = plan.Metrics,
            ReadVersion = state.Version == LogState.NoVersion ? null : state.Version,
            IsBlindAppend = plan.Rule == ConflictRule.BlindAppend,
            EngineInfo = options.EngineInfo,
            TxnId = ids.NewGuid().ToString(),
        };
        var actions = new List<DeltaAction>(plan.Actions.Count + 4) { info };
        actions.AddRange(plan.Actions);
        foreach (var transaction in plan.Transactions)
        {
            if (!state.Transactions.TryGetValue(transaction.AppId, out var stored) || stored.Version < transaction.Version)
            {
                actions.Add(new TransactionAction(transaction.AppId, transaction.Version, now));
            }
        }

        var content = ActionWriter.Write(actions);
        if (!await _writer.PutAsync(log.Full(LogPath.Commit(version)), content, info.TxnId).ConfigureAwait(false))
        {
            return null;
        }

        _timestamps[version] = timestamp;
        return state.Apply(version, timestamp, actions);
    }

    /// <summary>
    /// Reads what is new. With a plan, also checks every commit after the state from which it was made. Under the gate.
    /// </summary>
    private async ValueTask<(LogState State, bool Conflict)> CatchUpAsync((long Since, CommitConflict Check)? pending, CancellationToken cancellationToken)
    {
        var state = _latest;
        if (state.Version == LogState.NoVersion && await log.LoadAsync(null, cancellationToken).ConfigureAwait(false) is { } loaded)
        {
            state = loaded;
        }

        var conflict = false;
        if (pending is { } known)
        {
            for (var version = known.Since + 1; version <= state.Version && !conflict; version++)
            {
                conflict = await log.ReadCommitAsync(version, cancellationToken).ConfigureAwait(false) is not { } commit || known.Check.With(commit.Actions);
            }
        }

        while (state.Version != LogState.NoVersion && await log.ReadCommitAsync(state.Version + 1, cancellationToken).ConfigureAwait(false) is { } next)
        {
            conflict = conflict || (pending is { } waiting && waiting.Check.With(next.Actions));
            state = state.Apply(next.Version, next.Timestamp, next.Actions).Complete(log.Table);
            _timestamps[next.Version] = state.Timestamp;
        }

        _latest = state;
        return (state, conflict);
    }

    /// <summary>
    /// The latest version committed at or before an instant. Commits' own times are made monotonic first, from the oldest commit that is left:
    /// one that is not later than the one before counts as a millisecond later.
    /// </summary>
    private async Task<long> VersionAtAsync(DateTimeOffset instant, LogState latest, CancellationToken cancellationToken)
    {
        var wanted = instant.ToUnixTimeMilliseconds();
        if (wanted >= latest.Timestamp)
        {
            return latest.Version;
        }

        long? found = null;
        var previous = long.MinValue;
        foreach (var version in await log.ListVersionsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!_timestamps.TryGetValue(version, out var timestamp))
            {
                timestamp = (await log.ReadCommitAsync(version, cancellationToken).ConfigureAwait(false))?.Timestamp ?? previous;
                _timestamps[version] = timestamp;
            }

            timestamp = previous == long.MinValue ? timestamp : Math.Max(timestamp, previous + 1);
            if (timestamp > wanted)
            {
                break;
            }

            (found, previous) = (version, timestamp);
        }

        return found ?? throw TarnException.NotFound(
            $"Table {log.Table} has no version as old as this.", AsOf.Time(instant).ToString(), "Ask for a later time; the table's history tells when its first version was made.");
    }
}
