namespace Tarn.Pipelines;

/// <summary>
/// Something that the one process that leads does again and again beside making runs by schedule: backfills, repairs, SLAs. Each turn is short; what it writes goes through the
/// fence of the leader.
/// </summary>
internal abstract class LeaderDuty
{
    /// <summary>Does what is due; called after a start, after each change of a run or pipeline, when somebody asks for it, and when the returned time has passed.</summary>
    /// <returns>How long nothing further is due; null for until something changes.</returns>
    public abstract Task<TimeSpan?> TurnAsync(CancellationToken cancellation);
}
