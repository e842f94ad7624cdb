namespace Tarn.Pipelines;

/// <summary>What becomes of a task that waits.</summary>
internal enum Verdict
{
    Wait,
    Start,
    UpstreamFailed,
    Skip,
    Cancel,
}

/// <summary>How many of the tasks directly before a task are in which state. "Failed" counts upstream_failed as well.</summary>
internal struct BeforeCounts
{
    public int All;
    public int Success;
    public int Failed;
    public int Skipped;
    public int Cancelled;

    public readonly int Settled => Success + Failed + Skipped + Cancelled;

    public void Add(AttemptState state)
    {
        switch (state)
        {
            case AttemptState.Success:
                Success++;
                break;
            case AttemptState.Failed or AttemptState.UpstreamFailed:
                Failed++;
                break;
            case AttemptState.Skipped:
                Skipped++;
                break;
            default:
                Cancelled++;
                break;
        }
    }
}

/// <summary>The trigger rules as a pure function.</summary>
internal static class TriggerRules
{
    public static Verdict Decide(TriggerRule rule, in BeforeCounts before)
    {
        if (rule == TriggerRule.Always || IsEarly(rule, before))
        {
            return Verdict.Start;
        }

        if (before.Settled < before.All)
        {
            return Verdict.Wait;
        }

        return Holds(rule, before) ? Verdict.Start
            : before.Cancelled > 0 ? Verdict.Cancel
            : before.Failed > 0 && BlamesFailure(rule) ? Verdict.UpstreamFailed
            : Verdict.Skip;
    }

    /// <summary>Rules that hold before all have ended.</summary>
    private static bool IsEarly(TriggerRule rule, in BeforeCounts before) => rule switch
    {
        TriggerRule.OneSuccess => before.Success > 0,
        TriggerRule.OneFailed => before.Failed > 0,
        TriggerRule.OneDone => before.Success + before.Failed > 0,
        _ => false,
    };

    private static bool Holds(TriggerRule rule, in BeforeCounts before) => rule switch
    {
        TriggerRule.AllSuccess => before.Success == before.All,
        TriggerRule.AllFailed => before.Failed == before.All,
        TriggerRule.AllDone => true,
        TriggerRule.AllSkipped => before.Skipped == before.All,
        TriggerRule.NoneFailed => before.Failed + before.Cancelled == 0,
        TriggerRule.NoneFailedMinOneSuccess => before.Failed + before.Cancelled == 0 && before.Success > 0,
        TriggerRule.NoneSkipped => before.Skipped + before.Cancelled == 0,
        _ => false,
    };

    /// <summary>Whether a failure before the task is why it cannot start; for the others it is that too little failed, or that something was skipped.</summary>
    private static bool BlamesFailure(TriggerRule rule) =>
        rule is TriggerRule.AllSuccess or TriggerRule.OneSuccess or TriggerRule.NoneFailed or TriggerRule.NoneFailedMinOneSuccess;
}
