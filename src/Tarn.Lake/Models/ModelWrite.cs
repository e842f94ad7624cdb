using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Publishes a model's rows: in one commit, with what they follow from.</summary>
internal sealed class ModelWrite(
    Lake lake, LakeTable table, SqlModel model, TableSchema schema, TableSnapshot? before, string hash, IReadOnlyList<AppTransaction> transactions, bool rebuild)
{
    /// <summary>Under this and the table's name, the version of a table that was read is stored with the rows.</summary>
    public const string InputPrefix = "input:";

    /// <summary>Under this and more, the runs that wrote are stored.</summary>
    public const string RunPrefix = "models/";

    // While a definition's first rows are on their way into an old table: no model's hash.
    private const string Pending = "pending";

    private List<DeltaAction> _metadata = [];

    /// <summary>Whether the rows there were made by another definition.</summary>
    public bool IsRedefined => before?.Properties.GetValueOrDefault(ModelTable.Property) != hash;

    /// <summary>Whether there is nothing to do: this run wrote already, or the same was written from the same versions.</summary>
    public bool IsDone(AppTransaction? run)
    {
        if (before is null || rebuild)
        {
            return before is not null && run is { } refresh && before.TransactionVersion(refresh.AppId) == refresh.Version;
        }

        return !IsRedefined && transactions.Where(static t => t.AppId.StartsWith(InputPrefix, StringComparison.Ordinal)).All(t => before.TransactionVersion(t.AppId) == t.Version);
    }

    /// <summary>Works out what the table's columns and properties become.</summary>
    /// <exception cref="TarnException">They cannot.</exception>
    public void Plan()
    {
        if (before is not null)
        {
            TableProtocol.RequireWritable(before.State);
        }

        _metadata = Describe(before?.State, hash);
    }

    /// <summary>Replaces all rows, or merges them; null where another writer came first.</summary>
    public Task<ModelResult?> PublishAsync(StagedRows staged, bool merges, CancellationToken cancellationToken) =>
        merges && staged.Rows > 0 ? MergeAsync(staged, cancellationToken) : ReplaceAsync(staged, onlyTold: merges, cancellationToken);

    /// <param name="staged">The rows.</param>
    /// <param name="onlyTold">
    /// Whether no row changes: what they follow from is stored nevertheless, so that the next run sees that there is nothing to do.
    /// </param>
    /// <param name="cancellationToken">Ends it; what was not committed is not done.</param>
    private async Task<ModelResult?> ReplaceAsync(StagedRows staged, bool onlyTold, CancellationToken cancellationToken)
    {
        var basis = before?.State ?? LogState.Empty;
        var actions = new List<DeltaAction>(_metadata);
        IReadOnlyList<AddFile> added = [];
        TouchedSet? touched = null;
        if (!onlyTold)
        {
            var evolved = actions.Count == 0 ? basis : basis.Apply(basis.Version, basis.Timestamp, actions);
            TableProtocol.RequireMayRemove(table.Name, evolved);
            touched = EventTime.Of(evolved) is { } time ? new TouchedSet(time) : null;
            added = await ModelFiles.WriteAsync(lake, table, evolved, staged.File, touched, cancellationToken).ConfigureAwait(false);
            actions.AddRange(before?.Files.Select(f => table.Writer.Removal(f, dataChange: true)) ?? []);
            actions.AddRange(added);
            foreach (var file in touched is null ? [] : before?.Files ?? [])
            {
                TouchedFiles.Add(touched!, file.Action);
            }
        }

        var plan = new CommitPlan
        {
            Operation = "WRITE",
            Rule = ConflictRule.ReadAndRewrite,
            Actions = actions,
            Touched = touched,

            // A run that was stopped between its merge and the definition's mark has stored them.
            Transactions = onlyTold && actions.Count > 0 && table.Log.IsApplied(basis, transactions) ? [] : transactions,
            Parameters = new Dictionary<string, string>(Facts) { ["mode"] = onlyTold ? "Append" : "Overwrite" },
            Metrics = Metrics.Of(("numFiles", added.Count), ("numOutputRows", staged.Rows), ("numOutputBytes", added.Sum(static f => f.Size))),
        };
        try
        {
            var (outcome, state) = await table.CommitAsync(basis, plan, staged.Rows, onlyTold ? 0 : before?.RowCount ?? 0, cancellationToken).ConfigureAwait(false);
            if (outcome == CommitOutcome.Committed)
            {
                return Result(onlyTold ? ModelAction.Unchanged : ModelAction.Replaced, state.Version, staged);
            }

            await table.Writer.DiscardAsync(actions).ConfigureAwait(false);
            return outcome == CommitOutcome.AlreadyApplied ? Result(ModelAction.Unchanged, state.Version, staged) : null;
        }
        catch (OperationCanceledException)
        {
            await table.Writer.DiscardAsync(actions).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Merges by the key. A new definition's columns come in a commit before, and its mark in one after: in between, and after a crash there, the table is one that no
    /// definition has made, so that the next run looks at all of it.
    /// </summary>
    private async Task<ModelResult?> MergeAsync(StagedRows staged, CancellationToken cancellationToken)
    {
        if (_metadata.Count > 0 && !await DescribeAsync(before!.State, Pending, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        var on = string.Join(" AND ", model.UniqueKey.Select(static k => $"target.{SqlNames.Quote(k)} = source.{SqlNames.Quote(k)}"));
        var newer = model.Watermark is { } w ? $"target.{SqlNames.Quote(w)} IS NULL OR source.{SqlNames.Quote(w)} >= target.{SqlNames.Quote(w)}" : null;
        var options = new WriteOptions { Transactions = transactions, ExpectedTransactions = Expected(), Metadata = Facts };
        ChangeResult merged;
        try
        {
            merged = await table.MergeAsync(
                RowSource.ParquetFiles(staged.File), on, clauses => clauses.WhenMatchedUpdateAll(newer).WhenNotMatchedInsertAll(), options, cancellationToken).ConfigureAwait(false);
        }
        catch (TarnException error) when (error.Kind == ErrorKind.Conflict)
        {
            if (await IsOvertakenAsync(cancellationToken).ConfigureAwait(false))
            {
                return null;
            }

            throw;
        }

        var version = merged.Version;
        while (_metadata.Count > 0)
        {
            var state = await table.StateAsync(null, cancellationToken).ConfigureAwait(false);
            if (await DescribeAsync(state, hash, cancellationToken).ConfigureAwait(false))
            {
                version = (await table.StateAsync(null, cancellationToken).ConfigureAwait(false)).Version;
                break;
            }
        }

        return Result(merged.Committed ? ModelAction.Merged : ModelAction.Unchanged, version, staged);
    }

    private List<DeltaAction> Describe(LogState? state, string mark) =>
        ModelTable.Plan(model, schema, mark, state, rebuild, lake.Ids, lake.Time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Commits columns, comments and the definition's mark; false where another writer came first.</summary>
    private async Task<bool> DescribeAsync(LogState state, string mark, CancellationToken cancellationToken)
    {
        var actions = Describe(state, mark);
        if (actions.Count == 0)
        {
            return true;
        }

        var plan = new CommitPlan { Operation = "ALTER TABLE", Rule = ConflictRule.ReadAndRewrite, Actions = actions, Parameters = Facts };
        return await table.CommitAsync(state, plan, 0, 0, cancellationToken).ConfigureAwait(false) is (CommitOutcome.Committed, _);
    }

    // The rows were tested beside those of one version: no other run's may come between.
    private Dictionary<string, long?> Expected()
    {
        var expected = before!.Transactions.Where(static t => IsOurs(t.AppId)).ToDictionary(static t => t.AppId, static t => (long?)t.Version, StringComparer.Ordinal);
        foreach (var transaction in transactions)
        {
            expected.TryAdd(transaction.AppId, null);
        }

        return expected;
    }

    private async Task<bool> IsOvertakenAsync(CancellationToken cancellationToken)
    {
        var now = await table.SnapshotAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        return Expected().Any(e => now.TransactionVersion(e.Key) != e.Value);
    }

    private static bool IsOurs(string application) =>
        application.StartsWith(RunPrefix, StringComparison.Ordinal) || application.StartsWith(InputPrefix, StringComparison.Ordinal);

    private Dictionary<string, string> Facts => new() { ["model"] = model.Name, ["definition"] = hash };

    private ModelResult Result(ModelAction action, long version, StagedRows staged) => new(model.Name, action, version, staged.Rows, staged.Tests);
}
