using Tarn.Core;

namespace Tarn.Lake;

public sealed partial class LakeTable
{
    /// <summary>
    /// Removes files that no version of the last <paramref name="retain"/> uses: replaced ones, and those of writes that never became a commit.
    /// Versions older than that may be unreadable afterwards.
    /// </summary>
    /// <param name="retain">How far back what was in use is kept.</param>
    /// <param name="dryRun">Only tell what would be removed.</param>
    /// <param name="cancellationToken">Ends the work between two files.</param>
    /// <exception cref="TarnException">The time is shorter than <see cref="LakeOptions.MinimumRetention"/>: lower that to force it.</exception>
    public Task<VacuumResult> VacuumAsync(TimeSpan retain, bool dryRun, CancellationToken cancellationToken = default) =>
        Vacuum.RunAsync(this, retain, dryRun, cancellationToken);

    /// <summary>
    /// Makes the table again what it was at a version or an instant, as a new version: its rows, columns, description and properties. Progress of applications is kept.
    /// </summary>
    /// <param name="asOf">Which version.</param>
    /// <param name="cancellationToken">Ends the work before the commit.</param>
    /// <returns>What it did; nothing is committed where the table is the same already.</returns>
    /// <exception cref="TarnException">There is no such version (any more), or files of it were removed by VACUUM.</exception>
    public Task<CommitResult> RestoreAsync(AsOf asOf, CancellationToken cancellationToken = default) =>
        LakeWriteScope.WriteAsync(this, null, async own =>
        {
            using (await RewritesAsync(cancellationToken).ConfigureAwait(false))
            {
                return await Restore.RunAsync(this, asOf, own, cancellationToken).ConfigureAwait(false);
            }
        });

    /// <summary>
    /// Writes a checkpoint of the latest version now, as the table's properties say (<c>delta.checkpointPolicy</c> and others). Checkpoints are also written in the
    /// background, every <c>delta.checkpointInterval</c> commits (else <see cref="LakeOptions.CheckpointInterval"/>); they shorten reading, and nothing else rests on them.
    /// </summary>
    /// <returns>The version.</returns>
    /// <exception cref="TarnException">There is no such table, it is one that this version does not write, or the store fails.</exception>
    public async Task<long> CheckpointAsync(CancellationToken cancellationToken = default)
    {
        var state = await StateAsync(null, cancellationToken).ConfigureAwait(false);
        TableProtocol.RequireWritable(state);
        await WriteCheckpointAsync(state, cancellationToken).ConfigureAwait(false);
        return state.Version;
    }

    /// <summary>
    /// Removes commits and checkpoints that are older than <c>delta.logRetentionDuration</c> (default 30 days) and that a newer checkpoint covers, and sidecars that no
    /// checkpoint names. Versions before that checkpoint cannot be read afterwards. It also runs after each checkpoint, unless <c>delta.enableExpiredLogCleanup</c> is false.
    /// </summary>
    /// <param name="dryRun">Only tell what would be removed.</param>
    /// <param name="cancellationToken">Ends the work between two files.</param>
    /// <returns>The files, relative to the table's folder, the oldest version's first.</returns>
    /// <exception cref="TarnException">There is no such table, it is one that this version does not write, or the store fails.</exception>
    public async Task<IReadOnlyList<string>> CleanLogAsync(bool dryRun, CancellationToken cancellationToken = default)
    {
        var state = await StateAsync(null, cancellationToken).ConfigureAwait(false);
        TableProtocol.RequireWritable(state);
        return [.. (await CleanLogAsync(state, dryRun, cancellationToken).ConfigureAwait(false)).Select(f => f.Path[(Folder.Length + 1)..])];
    }

    /// <summary>Writes a checkpoint in the background where one is due.</summary>
    private void CheckpointWhereDue(LogState state)
    {
        var policy = CheckpointPolicy.Of(state, Owner.Options);
        if (state.Version > 0 && state.Version % policy.Interval == 0)
        {
            Owner.Upkeep.Post(Name, () => CheckpointAndCleanAsync(state));
        }
    }

    private async Task CheckpointAndCleanAsync(LogState state)
    {
        try
        {
            await WriteCheckpointAsync(state, CancellationToken.None).ConfigureAwait(false);
            if (TableProperty.IsOn(state.Metadata!, TableProperty.LogCleanup, otherwise: true))
            {
                await CleanLogAsync(state, dryRun: false, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (TarnException e)
        {
            // The commit is made; a checkpoint only shortens reading.
            Owner.Log.CheckpointFailed(Name, state.Version, e);
        }
    }

    private async Task WriteCheckpointAsync(LogState state, CancellationToken cancellationToken)
    {
        // One at a time, and none of a version that has one: what _last_checkpoint says of lengths would else be said of another file than a reader finds.
        await _checkpoints.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (state.Version <= _checkpointed)
            {
                return;
            }

            var keepSince = await Owner.CheckpointWriter.WriteAsync(Log.Log, state, CheckpointPolicy.Of(state, Owner.Options), cancellationToken).ConfigureAwait(false);
            _checkpointed = state.Version;
            await Log.ForgetAsync(keepSince).ConfigureAwait(false);
        }
        finally
        {
            _checkpoints.Release();
        }
    }

    private async Task<IReadOnlyList<ObjectInfo>> CleanLogAsync(LogState state, bool dryRun, CancellationToken cancellationToken)
    {
        var gone = await new LogCleanup(Owner.Store, Owner.Checkpoints, Log, Owner.Time).RunAsync(state, dryRun, cancellationToken).ConfigureAwait(false);
        if (gone.Count > 0 && !dryRun)
        {
            Owner.Log.LogCleaned(Name, gone.Count);
        }

        return gone;
    }
}
