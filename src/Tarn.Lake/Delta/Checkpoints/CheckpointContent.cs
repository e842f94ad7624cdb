namespace Tarn.Lake;

/// <summary>What a state's checkpoint holds.</summary>
/// <param name="Few">Everything but files and removals.</param>
/// <param name="Files">The files, in order of their paths.</param>
/// <param name="Tombstones">The removals that are still kept, in order of their keys.</param>
internal sealed record CheckpointContent(IReadOnlyList<DeltaAction> Few, IReadOnlyList<DataFile> Files, IReadOnlyList<RemoveFile> Tombstones)
{
    public int Count => Few.Count + Rows;

    /// <summary>Files and removals together.</summary>
    public int Rows => Files.Count + Tombstones.Count;

    /// <param name="state">The state.</param>
    /// <param name="keepSince">Removals since then (milliseconds since the Unix epoch) are kept: VACUUM and readers of old versions need them.</param>
    /// <param name="expiry">Which applications' progress is left out.</param>
    /// <param name="v2">Whether it is that of a V2 checkpoint.</param>
    public static CheckpointContent Of(LogState state, long keepSince, TransactionExpiry expiry, bool v2)
    {
        List<DeltaAction> few = v2 ? [new CheckpointMetadataAction(state.Version)] : [];
        few.AddRange([state.Protocol!, state.Metadata!]);
        few.AddRange(state.Transactions.Values.Where(t => !expiry.IsExpired(t)).OrderBy(static t => t.AppId, StringComparer.Ordinal));
        few.AddRange(state.Domains.Values.OrderBy(static d => d.Domain, StringComparer.Ordinal));
        return new CheckpointContent(
            few, state.OrderedFiles, [.. state.Tombstones.Values.Where(t => (t.DeletionTimestamp ?? 0) >= keepSince).OrderBy(static t => t.Key, StringComparer.Ordinal)]);
    }

    /// <summary>The files and removals in pieces of so many rows.</summary>
    public IEnumerable<CheckpointContent> Pieces(int rows)
    {
        for (var start = 0; start < Rows; start += rows)
        {
            var files = Files.Skip(start).Take(rows).ToList();
            yield return new CheckpointContent([], files, [.. Tombstones.Skip(Math.Max(0, start - Files.Count)).Take(rows - files.Count)]);
        }
    }
}
