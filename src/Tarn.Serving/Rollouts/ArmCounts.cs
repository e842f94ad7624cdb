namespace Tarn.Serving;

/// <summary>What was counted on one side of a rollout: so far, or since an earlier look.</summary>
/// <param name="Requests">Requests that were answered.</param>
/// <param name="Errors">Those with an error.</param>
/// <param name="Timed">Requests whose latency was compared with the threshold.</param>
/// <param name="Slow">Those that were slower.</param>
/// <param name="Positive">Positive feedback.</param>
/// <param name="Negative">Negative feedback.</param>
/// <param name="Agreed">Answers that agreed with the champion's.</param>
/// <param name="Disagreed">Answers that did not.</param>
internal readonly record struct ArmCounts(long Requests, long Errors, long Timed = 0, long Slow = 0, long Positive = 0, long Negative = 0, long Agreed = 0, long Disagreed = 0)
{
    public static ArmCounts operator -(ArmCounts now, ArmCounts before) => new(
        now.Requests - before.Requests,
        now.Errors - before.Errors,
        now.Timed - before.Timed,
        now.Slow - before.Slow,
        now.Positive - before.Positive,
        now.Negative - before.Negative,
        now.Agreed - before.Agreed,
        now.Disagreed - before.Disagreed);
}

/// <summary>What was counted on both sides since an earlier look.</summary>
/// <param name="Control">At the control.</param>
/// <param name="Canary">At the canary.</param>
/// <param name="SlowerThan">The threshold of latency that was measured since, in ticks; null where none was.</param>
internal readonly record struct RolloutCounts(ArmCounts Control, ArmCounts Canary, long? SlowerThan = null);
