namespace Tarn.Lake;

/// <summary>A commit as read: its actions, and its time in milliseconds since the Unix epoch as it says itself.</summary>
internal sealed record LogCommit(long Version, long Timestamp, List<DeltaAction> Actions)
{
    public CommitInfoAction? Info => Actions.OfType<CommitInfoAction>().FirstOrDefault();
}
