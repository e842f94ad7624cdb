namespace Tarn.Lake;

/// <summary>Reads and writes checkpoints (protocol, "Checkpoints", V1) through DuckDB.</summary>
internal sealed class CheckpointFiles(ObjectStore store)
{
    public Task<List<DeltaAction>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        _ = store;
        throw new NotImplementedException(path);
    }
}
