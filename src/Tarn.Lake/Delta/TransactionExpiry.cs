namespace Tarn.Lake;

/// <summary>
/// Which applications' progress a table no longer knows: all that is older than <c>delta.setTransactionRetentionDuration</c> where the table has that property, and that of write
/// scopes after <c>tarn.taskTransactionRetention</c> (30 days where it is not set). Nobody but this program writes the latter, so that nobody's progress is lost by it.
/// </summary>
/// <param name="All">What was last updated then or before is forgotten (milliseconds since the Unix epoch); null for nothing.</param>
/// <param name="Tasks">The same of write scopes' transactions.</param>
internal readonly record struct TransactionExpiry(long? All, long Tasks)
{
    private static readonly TimeSpan TaskRetention = TimeSpan.FromDays(30);

    public static TransactionExpiry Of(LogState state, DateTimeOffset now)
    {
        if (state.Metadata is not { } metadata)
        {
            return new TransactionExpiry(null, long.MinValue);
        }

        var all = TableProperty.Duration(metadata.Configuration.GetValueOrDefault(TableProperty.TransactionRetention));
        return new TransactionExpiry(all is { } known ? Before(now, known) : null, Before(now, TableProperty.Duration(metadata, TableProperty.TaskRetention, TaskRetention)));
    }

    /// <summary>The progress of an application; null where the version knows none, or no longer.</summary>
    public TransactionAction? Find(LogState state, string application) =>
        state.Transactions.TryGetValue(application, out var transaction) && !IsExpired(transaction) ? transaction : null;

    public bool IsExpired(TransactionAction transaction) => transaction.LastUpdated is { } updated
        && (updated <= All || (updated <= Tasks && transaction.AppId.StartsWith(LakeWriteScope.Prefix, StringComparison.Ordinal)));

    private static long Before(DateTimeOffset now, TimeSpan retention) => now.ToUnixTimeMilliseconds() - (long)retention.TotalMilliseconds;
}
