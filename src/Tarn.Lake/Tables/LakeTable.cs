using Tarn.Core;

namespace Tarn.Lake;

/// <summary>A table of a <see cref="Lake"/>. Safe for use from several threads.</summary>
public sealed partial class LakeTable
{
    private readonly SemaphoreSlim _rewrites = new(1, 1);
    private readonly SemaphoreSlim _checkpoints = new(1, 1);
    private long _checkpointed = LogState.NoVersion;

    internal LakeTable(Lake lake, string name)
    {
        Owner = lake;
        Name = name;
        Folder = Lake.Folder(name);
        Log = new TableLog(new DeltaLog(lake.Store, Folder, lake.Checkpoints), lake.Store, lake.Options, lake.Time, lake.Ids);
        Writer = new DataFileWriter(this);
    }

    /// <summary>Its name, <c>layer.name</c>.</summary>
    public string Name { get; }

    /// <summary>Where it is, for people and for other engines: a URI.</summary>
    public string Location => $"{Owner.Store.Location}/{Folder}";

    internal Lake Owner { get; }

    internal string Folder { get; }

    internal TableLog Log { get; }

    internal DataFileWriter Writer { get; }

    /// <summary>Whether there is such a table.</summary>
    public async Task<bool> ExistsAsync(CancellationToken cancellationToken = default) =>
        await Log.LatestAsync(cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>The table as it is now, or as it was. What other processes committed is seen at once.</summary>
    /// <exception cref="TarnException">There is no such table, or no such version (any more).</exception>
    public async ValueTask<TableSnapshot> SnapshotAsync(AsOf? asOf = null, CancellationToken cancellationToken = default) =>
        new(Name, await StateAsync(asOf, cancellationToken).ConfigureAwait(false), Owner.Store, Owner.Time.GetUtcNow());

    /// <summary>Adds rows. T's public properties are the columns, in snake_case; columns of the table that T lacks become null.</summary>
    /// <returns>What it did; with no rows, a commit is made only for transactions.</returns>
    /// <exception cref="TarnException">There is no such table, or T does not fit its columns.</exception>
    public Task<CommitResult> AppendAsync<T>(IReadOnlyList<T> rows, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(rows, options, overwrite: false, cancellationToken);

    /// <summary>Replaces all rows by these, in one commit.</summary>
    /// <inheritdoc cref="AppendAsync"/>
    public Task<CommitResult> OverwriteAsync<T>(IReadOnlyList<T> rows, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(rows, options, overwrite: true, cancellationToken);

    /// <summary>The newest versions, newest first.</summary>
    /// <param name="limit">How many at most; default 50.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<IReadOnlyList<TableVersion>> HistoryAsync(int limit = 50, CancellationToken cancellationToken = default) =>
        await TableHistory.ReadAsync(Log.Log, await StateAsync(null, cancellationToken).ConfigureAwait(false), limit, cancellationToken).ConfigureAwait(false);

    /// <summary>Packs small files of one partition together. Changes no row; appends may go on meanwhile.</summary>
    public Task<OptimizeResult> OptimizeAsync(CancellationToken cancellationToken = default) => OptimizeAsync(new OptimizeOptions(), cancellationToken);

    /// <summary>Packs small files of one partition together, or puts all rows in an order that lets readers skip files. Changes no row; appends may go on meanwhile.</summary>
    /// <param name="options">Which partitions, and in which order.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="TarnException">There is no such table or column, or the condition is none over its partitions.</exception>
    public async Task<OptimizeResult> OptimizeAsync(OptimizeOptions options, CancellationToken cancellationToken = default)
    {
        using (await RewritesAsync(cancellationToken).ConfigureAwait(false))
        {
            return await Optimize.RunAsync(this, everything: true, long.MaxValue, options, cancellationToken).ConfigureAwait(false);
        }
    }

    internal async Task EnsureAsync(TableDefinition definition, CancellationToken cancellationToken)
    {
        while (true)
        {
            var state = await Log.LatestAsync(cancellationToken).ConfigureAwait(false);
            var actions = TableCreation.Plan(definition, state, Owner.Ids, Owner.Time.GetUtcNow().ToUnixTimeMilliseconds());
            if (actions.Count == 0)
            {
                return;
            }

            var plan = new CommitPlan
            {
                Operation = state is null ? "CREATE TABLE" : "ALTER TABLE",
                Rule = ConflictRule.ReadAndRewrite,
                Actions = actions,
            };
            if (await CommitAsync(state ?? LogState.Empty, plan, 0, 0, cancellationToken).ConfigureAwait(false) is (CommitOutcome.Committed, _))
            {
                return;
            }
        }
    }

    /// <summary>Commits, and tells of it.</summary>
    internal async Task<(CommitOutcome Outcome, LogState State)> CommitAsync(
        LogState basis, CommitPlan plan, long rowsAdded, long rowsRemoved, CancellationToken cancellationToken)
    {
        var (outcome, state) = await Log.CommitAsync(basis, plan, cancellationToken).ConfigureAwait(false);
        if (outcome == CommitOutcome.Committed)
        {
            Owner.Log.Committed(Name, state.Version, plan.Operation, rowsAdded, rowsRemoved);
            CheckpointWhereDue(state);
            Owner.Raise(new TableCommitted(Name, state.Version, plan.Operation, rowsAdded, rowsRemoved, DateTimeOffset.FromUnixTimeMilliseconds(state.Timestamp)));
        }

        return (outcome, state);
    }

    internal async ValueTask<LogState> StateAsync(AsOf? asOf, CancellationToken cancellationToken) =>
        (asOf is { } then
            ? await Log.AtAsync(then, cancellationToken).ConfigureAwait(false)
            : await Log.LatestAsync(cancellationToken).ConfigureAwait(false))
        ?? throw TarnException.NotFound("There is no such table.", Name, "List the tables to see which there are.");

    /// <summary>
    /// One at a time in this process of what replaces files (merges, packing): they would only stand in each other's way. Dispose to let the next.
    /// </summary>
    internal async Task<Turn> RewritesAsync(CancellationToken cancellationToken)
    {
        await _rewrites.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Turn(_rewrites);
    }

    /// <summary>Packs small files where there are too many. The caller holds the turn of <see cref="RewritesAsync"/>.</summary>
    /// <param name="mostRows">How many rows a packed file has at most.</param>
    internal async Task PackWhereWorthItAsync(long mostRows = long.MaxValue)
    {
        var options = Owner.Options;
        try
        {
            var state = await StateAsync(null, CancellationToken.None).ConfigureAwait(false);
            if (options.OptimizeAbove > 0 && state.Files.Count > options.OptimizeAbove && Optimize.SmallFiles(state, options.TargetFileBytes) > options.OptimizeAbove)
            {
                await Optimize.RunAsync(this, everything: false, mostRows, new OptimizeOptions(), CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (TarnException e)
        {
            // The write that called for it is done and safe; packing is only for speed.
            Owner.Log.OptimizeFailed(Name, e);
        }
    }

    private Task<CommitResult> WriteAsync<T>(IReadOnlyList<T> rows, WriteOptions? options, bool overwrite, CancellationToken cancellationToken) =>
        LakeWriteScope.WriteAsync(this, options, own => PackAfterAsync(RowAppend.RunAsync(this, rows, own, overwrite, cancellationToken)));

    private async Task<CommitResult> PackAfterAsync(Task<CommitResult> write)
    {
        var result = await write.ConfigureAwait(false);
        if (result.Committed && _rewrites.Wait(0, CancellationToken.None))
        {
            using (new Turn(_rewrites))
            {
                await PackWhereWorthItAsync().ConfigureAwait(false);
            }
        }

        return result;
    }

    /// <summary>A turn; dispose it to end it.</summary>
    internal readonly struct Turn(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
