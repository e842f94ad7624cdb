using Tarn.Core;

namespace Tarn.Lake;

/// <summary>One table's log in this process: its latest state, kept and renewed by what is new, and the commits to it.</summary>
internal sealed class TableLog(DeltaLog log, ObjectStore store, LakeOptions options, TimeProvider time, IdSource ids)
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly RecentCommits _recent = new();
    private readonly CommitWriter _writer = new(store);
    private volatile LogState _latest = LogState.Empty;
    private long _confirmed;

    public DeltaLog Log => log;

    /// <summary>How many times a commit was put, those counted too that found their version taken.</summary>
    public long Attempts { get; private set; }

    /// <summary>How many times the one commit was put that was put most often.</summary>
    public int MostAttempts { get; private set; }

    /// <summary>When the versions were made.</summary>
    public VersionTimes Times { get; } = new(log);

    /// <summary>The table's latest state; null where it has no log.</summary>
    public async ValueTask<LogState?> LatestAsync(CancellationToken cancellationToken)
    {
        var known = _latest;
        if (known.Version != LogState.NoVersion && !IsOutOfDate(known) && !await log.HasCommitAsync(known.Version + 1, cancellationToken).ConfigureAwait(false))
        {
            Confirm();
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

        var version = asOf.Instant is { } instant ? await Times.VersionAtAsync(instant, latest, cancellationToken).ConfigureAwait(false) : asOf.Number ?? latest.Version;
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
        // In this process commits wait for their turn in order; among processes, whoever loses the race for a version has read the winner's already when it tries the next.
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var since = basis.Version;
            var check = new CommitConflict(plan, basis);
            for (var attempt = 1; ; attempt++)
            {
                var (state, conflict) = await CatchUpAsync((since, check), cancellationToken).ConfigureAwait(false);
                if (IsApplied(state, plan.Transactions))
                {
                    return (CommitOutcome.AlreadyApplied, state);
                }

                if (conflict)
                {
                    return (CommitOutcome.Conflict, state);
                }

                cancellationToken.ThrowIfCancellationRequested();
                Attempts++;
                MostAttempts = Math.Max(MostAttempts, attempt);
                if (await TryPutAsync(state, plan).ConfigureAwait(false) is { } committed)
                {
                    _latest = committed;
                    Confirm();
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

    /// <summary>Forgets removals before an instant, and what has expired of applications' progress, so that memory does not grow with the number of commits.</summary>
    public async Task ForgetAsync(long before)
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            _latest = _latest.WithoutRemovalsBefore(before).Without(TransactionExpiry.Of(_latest, time.GetUtcNow()));
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Whether the state holds every one of the transactions; false where there are none.</summary>
    public bool IsApplied(LogState state, IReadOnlyList<AppTransaction> transactions)
    {
        var expiry = TransactionExpiry.Of(state, time.GetUtcNow());
        foreach (var transaction in transactions)
        {
            if (expiry.Find(state, transaction.AppId) is not { } stored || stored.Version < transaction.Version)
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
            var stored = TransactionExpiry.Of(state, time.GetUtcNow()).Find(state, application)?.Version;
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
        var (timestamp, planned, inCommit) = await InCommitTimestamps.ApplyAsync(log, state, plan.Actions, now).ConfigureAwait(false);
        var touched = !TouchedFiles.ChangesData(planned) || EventTime.Of(state, planned) is not { } eventTime
            ? null : plan.Touched ?? TouchedFiles.Of(eventTime, planned, state.Files.GetValueOrDefault);
        var info = new CommitInfoAction
        {
            Timestamp = timestamp,
            InCommitTimestamp = inCommit ? timestamp : null,
            Operation = plan.Operation,
            OperationParameters = plan.Parameters,
            OperationMetrics = plan.Metrics,
            ReadVersion = state.Version == LogState.NoVersion ? null : state.Version,
            IsBlindAppend = plan.Rule == ConflictRule.BlindAppend,
            EngineInfo = options.EngineInfo,
            TxnId = ids.NewGuid().ToString(),
            Touched = touched is null ? null : new TouchedField(touched.Time.Field.Name, touched.Times()),
        };
        var actions = new List<DeltaAction>(planned.Count + 4) { info };
        actions.AddRange(planned);
        var expiry = TransactionExpiry.Of(state, DateTimeOffset.FromUnixTimeMilliseconds(now));
        foreach (var transaction in plan.Transactions)
        {
            if (expiry.Find(state, transaction.AppId) is not { } stored || stored.Version < transaction.Version)
            {
                actions.Add(new TransactionAction(transaction.AppId, transaction.Version, now));
            }
        }

        var content = ActionWriter.Write(actions);
        if (!await _writer.PutAsync(log.Full(LogPath.Commit(version)), content, info.TxnId).ConfigureAwait(false))
        {
            return null;
        }

        Times.Note(version, timestamp);
        _recent.Add(version, timestamp, actions);
        return state.Apply(version, timestamp, actions);
    }

    /// <summary>
    /// Reads what is new. With a plan, also checks every commit after the state from which it was made. Under the gate.
    /// </summary>
    private async ValueTask<(LogState State, bool Conflict)> CatchUpAsync((long Since, CommitConflict Check)? pending, CancellationToken cancellationToken)
    {
        var state = _latest;
        if (state.Version == LogState.NoVersion || IsOutOfDate(state))
        {
            _recent.Clear();
            state = await log.LoadAsync(null, cancellationToken).ConfigureAwait(false) ?? LogState.Empty;
        }

        var conflict = false;
        if (pending is { } known)
        {
            for (var version = known.Since + 1; version <= state.Version && !conflict; version++)
            {
                conflict = (_recent.Find(version) ?? await log.ReadCommitAsync(version, cancellationToken).ConfigureAwait(false)) is not { } commit || known.Check.With(commit.Actions);
            }
        }

        while (state.Version != LogState.NoVersion && await log.ReadCommitAsync(state.Version + 1, cancellationToken).ConfigureAwait(false) is { } next)
        {
            conflict = conflict || (pending is { } waiting && waiting.Check.With(next.Actions));
            state = state.Apply(next.Version, next.Timestamp, next.Actions).Complete(log.Table);
            _recent.Add(next.Version, next.Timestamp, next.Actions);
        }

        _latest = state;
        Confirm();
        return (state, conflict);
    }

    /// <summary>
    /// Whether so much time has gone since the state was seen to be the latest that the commits after it may have been written and cleaned away: that the next
    /// is not there says nothing then.
    /// </summary>
    private bool IsOutOfDate(LogState state) =>
        time.GetElapsedTime(Volatile.Read(ref _confirmed)) > LogCleanup.Retention(state) / 2;

    private void Confirm() => Volatile.Write(ref _confirmed, time.GetTimestamp());
}
