using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Writes checkpoints (protocol, "Checkpoints"): V1 in one file, or V2 in a file of its own name with sidecars where the table is large.</summary>
internal sealed class CheckpointWriter(ObjectStore store, ParquetFiles files, IdSource ids, TimeProvider time)
{
    /// <summary>Every so many V2 checkpoints one takes the version's one name, by which older readers find the protocol and refuse the table.</summary>
    private const int ClassicEvery = 10;

    /// <summary>Writes the state as a checkpoint of its version, and names it as the last one unless a newer is.</summary>
    /// <returns>The least time of the removals that are in it.</returns>
    public async Task<long> WriteAsync(DeltaLog log, LogState state, CheckpointPolicy policy, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var keepSince = (now - policy.TombstoneRetention).ToUnixTimeMilliseconds();
        var content = CheckpointContent.Of(state, keepSince, TransactionExpiry.Of(state, now), policy.V2);
        var columns = new CheckpointColumns(state, policy);
        var sidecars = policy.V2 && content.Rows > policy.SidecarRows ? await WriteSidecarsAsync(log, content, columns, policy, cancellationToken).ConfigureAwait(false) : [];
        var own = sidecars.Count > 0 ? new CheckpointContent([.. content.Few, .. sidecars], [], []) : content;
        var bytes = await WriteOwnAsync(log.Full(Name(state, policy)), own, columns, policy, cancellationToken).ConfigureAwait(false) + sidecars.Sum(static s => s.SizeInBytes);
        var hint = log.Full(LogPath.LastCheckpoint);
        if (await store.GetAsync(hint, cancellationToken).ConfigureAwait(false) is not { } known || LastCheckpoint.Read(known) is not { } newest || newest <= state.Version)
        {
            await store.PutAsync(hint, LastCheckpoint.Write(state.Version, content.Count + sidecars.Count, bytes, content.Files.Count), cancellationToken).ConfigureAwait(false);
        }

        return keepSince;
    }

    private string Name(LogState state, CheckpointPolicy policy) => !policy.V2 || (!policy.Json && state.Version / policy.Interval % ClassicEvery == ClassicEvery - 1)
        ? LogPath.Checkpoint(state.Version) : LogPath.NamedCheckpoint(state.Version, ids.NewGuid(), policy.Json);

    private async Task<long> WriteOwnAsync(string path, CheckpointContent content, CheckpointColumns columns, CheckpointPolicy policy, CancellationToken cancellationToken)
    {
        if (path.EndsWith(".json", StringComparison.Ordinal))
        {
            var lines = ActionWriter.Write([
                .. content.Few, .. content.Files.Select(static f => f.Action with { DataChange = false }),
                .. content.Tombstones.Select(static t => t with { DataChange = false, Stats = null, Tags = null })]);
            await store.PutAsync(path, lines, cancellationToken).ConfigureAwait(false);
            return lines.Length;
        }

        var (_, written) = await files.WriteAsync(
            path, whole: true, (connection, local) => CheckpointRows.Copy(connection, content, columns.All(policy.V2), local), cancellationToken).ConfigureAwait(false);
        return written.Size;
    }

    private async Task<List<SidecarAction>> WriteSidecarsAsync(
        DeltaLog log, CheckpointContent content, CheckpointColumns columns, CheckpointPolicy policy, CancellationToken cancellationToken)
    {
        var sidecars = new List<SidecarAction>();
        foreach (var piece in content.Pieces(policy.SidecarRows))
        {
            var name = $"{ids.NewGuid():D}.parquet";
            var (_, written) = await files.WriteAsync(
                log.Full($"{LogPath.Sidecars}/{name}"), whole: true, (connection, local) => CheckpointRows.Copy(connection, piece, columns.Rows(), local), cancellationToken).ConfigureAwait(false);
            sidecars.Add(new SidecarAction(name, written.Size, written.LastModified.ToUnixTimeMilliseconds()));
        }

        return sidecars;
    }
}
