using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// Removes what of a log is older than its retention and covered by a checkpoint (protocol, "Metadata Cleanup"). What is left is at each moment the end of the log from some
/// version on, for the oldest goes first: a reader that finds something gone lists again.
/// </summary>
internal sealed class LogCleanup(ObjectStore store, CheckpointFiles checkpoints, TableLog table, TimeProvider time)
{
    private static readonly TimeSpan DefaultRetention = TimeSpan.FromDays(30);

    /// <summary>A checkpoint that is being written has sidecars that nothing names yet.</summary>
    private static readonly TimeSpan SidecarGrace = TimeSpan.FromDays(1);

    /// <summary>How long a table's commits are kept.</summary>
    public static TimeSpan Retention(LogState state) => state.Metadata is { } metadata ? TableProperty.Duration(metadata, TableProperty.LogRetention, DefaultRetention) : DefaultRetention;

    /// <summary>The files that may go, and their removal.</summary>
    /// <param name="state">The latest version.</param>
    /// <param name="dryRun">Only tell.</param>
    /// <param name="cancellationToken">Ends the work between two files.</param>
    public async Task<IReadOnlyList<ObjectInfo>> RunAsync(LogState state, bool dryRun, CancellationToken cancellationToken)
    {
        var log = table.Log;

        // Listed before the checkpoints are: one that is finished later names younger sidecars.
        var sidecars = await OldSidecarsAsync(log, state, cancellationToken).ConfigureAwait(false);
        var cutoff = new DateTimeOffset((time.GetUtcNow() - Retention(state)).UtcDateTime.Date, TimeSpan.Zero);
        var entries = await log.ListAsync(null, cancellationToken).ConfigureAwait(false);
        var isOld = entries.Exists(e => e.LastModified <= cutoff);
        var oldest = isOld ? await table.Times.TryVersionAtAsync(cutoff, state, cancellationToken).ConfigureAwait(false) : null;
        var gone = new List<ObjectInfo>();
        if (oldest is { } version && await CoveringAsync(log, entries, version, cancellationToken).ConfigureAwait(false) is { } checkpoint)
        {
            gone.AddRange(entries.TakeWhile(e => e.Version <= checkpoint)
                .Where(e => e.LastModified <= cutoff && (e.Version < checkpoint || e.Kind == LogEntryKind.Compaction))
                .Select(static e => new ObjectInfo(e.Path, e.Size, e.LastModified)));
        }

        gone.AddRange(await UnusedAsync(log, sidecars, [.. entries.Where(e => e.IsCheckpoint && !gone.Exists(g => g.Path == e.Path))], cancellationToken).ConfigureAwait(false));
        foreach (var item in dryRun ? [] : gone)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await store.DeleteAsync(item.Path, cancellationToken).ConfigureAwait(false);
        }

        return gone;
    }

    /// <summary>The version of the newest checkpoint at or before a version, where there is something before it and it can be read.</summary>
    private async Task<long?> CoveringAsync(DeltaLog log, List<LogEntry> entries, long version, CancellationToken cancellationToken)
    {
        foreach (var checkpoint in LogSegment.Checkpoints(entries, version))
        {
            if (!entries.Exists(e => e.Version < checkpoint[0].Version))
            {
                return null;
            }

            try
            {
                _ = (await log.ReadCheckpointAsync(checkpoint, cancellationToken).ConfigureAwait(false)).Complete(log.Table);
                return checkpoint[0].Version;
            }
            catch (Exception e) when (e is UnreadableCheckpointException or TarnException { Kind: ErrorKind.Corrupt })
            {
                // Nothing may rest on a checkpoint that nobody can read.
            }
        }

        return null;
    }

    private async Task<List<ObjectInfo>> OldSidecarsAsync(DeltaLog log, LogState state, CancellationToken cancellationToken)
    {
        var sidecars = new List<ObjectInfo>();
        if (!TableProtocol.HasFeature(state.Protocol!, TableFeature.V2Checkpoint))
        {
            return sidecars;
        }

        var before = new DateTimeOffset(time.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero) - SidecarGrace;
        await foreach (var item in store.ListAsync(log.Full(LogPath.Sidecars), null, cancellationToken).ConfigureAwait(false))
        {
            if (item.LastModified < before)
            {
                sidecars.Add(item);
            }
        }

        return sidecars;
    }

    private async Task<List<ObjectInfo>> UnusedAsync(DeltaLog log, List<ObjectInfo> sidecars, IReadOnlyList<LogEntry> kept, CancellationToken cancellationToken)
    {
        if (sidecars.Count == 0)
        {
            return [];
        }

        var named = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            foreach (var checkpoint in kept.Where(static e => e.Parts == 0))
            {
                foreach (var sidecar in await checkpoints.ReadSidecarsAsync(checkpoint.Path, cancellationToken).ConfigureAwait(false))
                {
                    named.Add(LogPath.IsAbsolute(sidecar.Path) ? LogPath.InStore(store, log.Table, sidecar.Path) : log.Full($"{LogPath.Sidecars}/{sidecar.Path}"));
                }
            }
        }
        catch (TarnException e) when (e.Kind == ErrorKind.Corrupt)
        {
            // What an unreadable checkpoint names is not known: all stay.
            return [];
        }

        sidecars.RemoveAll(s => named.Contains(s.Path));
        return sidecars;
    }
}
