using Tarn.Lake;

namespace Tarn.Streams;

/// <summary>Reads a sink's progress from its table's own commits.</summary>
internal static class LakeProgress
{
    /// <summary>The version that a table has of an application; null where it has none, or is not there yet.</summary>
    public static async Task<long?> CommittedAsync(LakeTable table, string applicationId, CancellationToken cancellation) =>
        await table.ExistsAsync(cancellation).ConfigureAwait(false)
            ? (await table.SnapshotAsync(cancellationToken: cancellation).ConfigureAwait(false)).TransactionVersion(applicationId)
            : null;
}
