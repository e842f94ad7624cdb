namespace Tarn.Serving;

/// <summary>
/// What one process knows of one rollout: how it was stored, what was counted here since, and how it stands with that. Where another process stored it meanwhile, what was counted here is
/// counted again on top: so the evidence of all processes adds up, whoever stores it.
/// </summary>
internal sealed class RolloutWatch(EndpointStats stats, Rollout rollout, long now)
{
    private readonly List<RolloutCounts> _pending = [];
    private LatencyCounts? _calibration;
    private ArmCounts _control;
    private ArmCounts _canary;
    private bool _hasBaseline;

    /// <summary>As it was stored last, as far as is known here.</summary>
    public Rollout Stored { get; private set; } = rollout;

    /// <summary>With what was counted here since.</summary>
    public Rollout Current { get; private set; } = rollout;

    /// <summary>When it was stored here last, or first seen; a timestamp.</summary>
    public long StoredAt { get; private set; } = now;

    /// <summary>Whether something was counted that is not stored yet.</summary>
    public bool HasCounted => _pending.Count > 0;

    /// <summary>Takes over how it is stored now.</summary>
    public void Rebase(Rollout stored, DateTimeOffset now)
    {
        if (stored.Revision == Stored.Revision)
        {
            return;
        }

        // What was counted in another stage, with another threshold, or before a pause, says nothing of this one.
        var (isOther, isOtherThreshold) = (stored.Stage != Stored.Stage || stored.Status != Stored.Status, stored.SlowerThan != Current.SlowerThan);
        if (isOther || isOtherThreshold)
        {
            _pending.Clear();
        }

        if (isOtherThreshold || stored.Status != Stored.Status)
        {
            _hasBaseline = false;
        }

        (Stored, Current) = (stored, stored);
        foreach (var counts in _pending)
        {
            Current = RolloutAdvance.Advance(Current, now, counts).Seen;
        }
    }

    /// <summary>Counts what came since the last look, and decides.</summary>
    public RolloutStep Look(DateTimeOffset now)
    {
        var counts = Count();
        if (counts != default)
        {
            _pending.Add(counts);
        }

        var step = RolloutAdvance.Advance(Current, now, counts);
        Current = step.Seen;
        return step;
    }

    /// <summary>Nothing of what came since the last look counts.</summary>
    public void Skip()
    {
        _hasBaseline = false;
        _pending.Clear();
    }

    /// <summary>It was stored: what was counted here is in there.</summary>
    public void WasStored(long at)
    {
        _pending.Clear();
        StoredAt = at;
    }

    private RolloutCounts Count()
    {
        var plan = Current.Plan;
        var (control, canary) = (stats.Of(Current.Endpoint, plan.Control), stats.Of(Current.Endpoint, plan.CanaryName));
        var threshold = RolloutAdvance.IsToCalibrate(Current) ? Calibrate(control) : null;
        var (controlNow, canaryNow) = (control.ReadArm(Current.SlowerThan?.Ticks), canary.ReadArm(Current.SlowerThan?.Ticks));

        // With a threshold that has just become known all counts of slow answers begin anew.
        var counts = _hasBaseline ? new RolloutCounts(controlNow - _control, canaryNow - _canary, threshold) : default(RolloutCounts) with { SlowerThan = threshold };
        if (threshold is not null)
        {
            (controlNow, canaryNow) = (Timed(controlNow, control, threshold), Timed(canaryNow, canary, threshold));
        }

        (_control, _canary, _hasBaseline) = (controlNow, canaryNow, true);
        return counts;
    }

    private static ArmCounts Timed(ArmCounts counts, VariantStats stats, long? threshold)
    {
        var timed = stats.ReadArm(threshold);
        return counts with { Timed = timed.Timed, Slow = timed.Slow };
    }

    private long? Calibrate(VariantStats control)
    {
        var now = control.ReadLatency();
        _calibration ??= now;
        var since = now.Since(_calibration);
        return since.Total >= RolloutRunner.CalibrationRequests ? since.QuantileEnd(0.95) : null;
    }
}
