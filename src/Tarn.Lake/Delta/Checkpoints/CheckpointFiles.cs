using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Reads the files of checkpoints (protocol, "Checkpoints"): Parquet by DuckDB, JSON as a commit.</summary>
internal sealed class CheckpointFiles(ObjectStore store, ParquetFiles files)
{
    /// <summary>The actions of a checkpoint file, of one part of one, or of a sidecar.</summary>
    /// <exception cref="TarnException">It is missing or damaged; the error's value is the path.</exception>
    public async Task<List<DeltaAction>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (path.EndsWith(".json", StringComparison.Ordinal))
        {
            var content = await store.GetAsync(path, cancellationToken).ConfigureAwait(false) ?? throw Missing(path);
            try
            {
                return ActionReader.ReadCommit(content, path);
            }
            catch (TarnException e)
            {
                throw TarnException.Corrupt(e.Message, path, null, e);
            }
        }

        try
        {
            using var local = await files.OpenAsync(path, cancellationToken).ConfigureAwait(false);
            return files.Use("read a checkpoint", path, connection => new CheckpointReader(connection, local.Path, path).Read());
        }
        catch (TarnException e) when (e.Kind is ErrorKind.Unavailable or ErrorKind.NotFound)
        {
            if (await store.HeadAsync(path, cancellationToken).ConfigureAwait(false) is null)
            {
                throw Missing(path);
            }

            throw;
        }
    }

    /// <summary>The sidecars that a checkpoint file names.</summary>
    /// <exception cref="TarnException">It is missing or damaged; the error's value is the path.</exception>
    public async Task<List<SidecarAction>> ReadSidecarsAsync(string path, CancellationToken cancellationToken) =>
        [.. (await ReadAsync(path, cancellationToken).ConfigureAwait(false)).OfType<SidecarAction>()];

    private static TarnException Missing(string path) => TarnException.Corrupt("A file of a checkpoint is missing.", path);
}
