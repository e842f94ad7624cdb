namespace Tarn.Lake;

/// <summary>A table's versions, from its commits.</summary>
internal static class TableHistory
{
    public static async Task<IReadOnlyList<TableVersion>> ReadAsync(DeltaLog log, LogState latest, int limit, CancellationToken cancellationToken)
    {
        var versions = new List<TableVersion>();
        for (var version = latest.Version; version >= 0 && versions.Count < limit; version--)
        {
            // The log may have been cleaned up to a checkpoint: what is gone ends the history.
            if (await log.ReadCommitAsync(version, cancellationToken).ConfigureAwait(false) is not { } commit)
            {
                break;
            }

            var info = commit.Info;
            versions.Add(new TableVersion(
                version,
                DateTimeOffset.FromUnixTimeMilliseconds(version == latest.Version ? latest.Timestamp : commit.Timestamp),
                info?.Operation ?? "UNKNOWN",
                info?.OperationMetrics ?? EmptyMap.Strings,
                info?.OperationParameters ?? EmptyMap.Strings,
                [.. commit.Actions.OfType<TransactionAction>().Select(static t => new AppTransaction(t.AppId, t.Version))],
                info?.EngineInfo)
            {
                Touched = info?.Touched is { } touched ? touched.Times : TouchedFiles.ChangesData(commit.Actions) ? null : TouchedTimes.Nothing,
            });
        }

        return versions;
    }
}
