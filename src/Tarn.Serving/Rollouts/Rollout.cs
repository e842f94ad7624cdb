namespace Tarn.Serving;

/// <summary>How a rollout stands.</summary>
public enum RolloutStatus
{
    /// <summary>It tests a stage.</summary>
    Running,

    /// <summary>Somebody halted it: the split stays, and what happens meanwhile is no evidence.</summary>
    Paused,

    /// <summary>The canary passed all stages and has all requests; its version is about to be the champion.</summary>
    Promoting,

    /// <summary>It came to its end.</summary>
    Finished,

    /// <summary>It went back to the control.</summary>
    RolledBack,

    /// <summary>Somebody ended it, and it went back to the control.</summary>
    Aborted,
}

/// <summary>A rollout: a canary that gets more and more of an endpoint's requests. Immutable.</summary>
public sealed record Rollout
{
    /// <summary>Its number; later ones are greater.</summary>
    public required long Id { get; init; }

    /// <summary>The endpoint's name.</summary>
    public required string Endpoint { get; init; }

    /// <summary>What was asked for; the canary is a version.</summary>
    public required RolloutPlan Plan { get; init; }

    /// <summary>How it stands.</summary>
    public RolloutStatus Status { get; init; }

    /// <summary>The stage, from 0.</summary>
    public int Stage { get; init; }

    /// <summary>The canary's share in this stage, in percent.</summary>
    public double StagePercent => Plan.Stages[Stage];

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the stage began; time in which it was paused is added.</summary>
    public required DateTimeOffset StageStartedAt { get; init; }

    /// <summary>Since when it is paused; null where it is not.</summary>
    public DateTimeOffset? PausedAt { get; init; }

    /// <summary>When it ended; null while it goes on.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Whether the stage takes longer than it may.</summary>
    public bool IsExpired { get; init; }

    /// <summary>Why it stands as it does; empty at first.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The latency over which an answer is slow; null where that is not measured, or not yet.</summary>
    public TimeSpan? SlowerThan { get; init; }

    /// <summary>Requests that the control answered in this stage.</summary>
    public long ControlRequests { get; init; }

    /// <summary>Requests that the canary answered in this stage.</summary>
    public long CanaryRequests { get; init; }

    /// <summary>What this stage has shown, one for each of the plan's metrics.</summary>
    public IReadOnlyList<RolloutEvidence> Evidence => [.. Plan.Metrics.Select((m, i) => new RolloutEvidence(m, Tests[i]))];

    /// <summary>Whether it goes on: running, paused or promoting.</summary>
    public bool IsActive => Status is RolloutStatus.Running or RolloutStatus.Paused or RolloutStatus.Promoting;

    internal IReadOnlyList<MetricTest> Tests { get; init; } = [];

    /// <summary>The version that was champion when it began, 0 for none; null where no alias will be changed.</summary>
    internal long? ChampionVersion { get; init; }

    /// <summary>Counts its writes; who writes says which it has seen.</summary>
    internal long Revision { get; init; }
}

/// <summary>What a stage of a rollout has shown of a metric.</summary>
public sealed record RolloutEvidence
{
    internal RolloutEvidence(RolloutMetric metric, MetricTest test)
    {
        Metric = metric;
        (ControlCount, ControlBad, CanaryCount, CanaryBad) = (test.Seen.Control, test.Seen.ControlBad, test.Seen.Canary, test.Seen.CanaryBad);
        (LogHarm, LogSafe) = (test.Harm.LogValue, test.MostSafe);
    }

    /// <summary>The metric.</summary>
    public RolloutMetric Metric { get; }

    /// <summary>Cases of the control.</summary>
    public long ControlCount { get; }

    /// <summary>The bad ones of them.</summary>
    public long ControlBad { get; }

    /// <summary>Cases of the canary.</summary>
    public long CanaryCount { get; }

    /// <summary>The bad ones of them.</summary>
    public long CanaryBad { get; }

    /// <summary>The control's share of bad ones; null where there are no cases.</summary>
    public double? ControlRate => ControlCount == 0 ? null : (double)ControlBad / ControlCount;

    /// <summary>The canary's share of bad ones; null where there are no cases.</summary>
    public double? CanaryRate => CanaryCount == 0 ? null : (double)CanaryBad / CanaryCount;

    /// <summary>The natural logarithm of the e-value against: the canary keeps its margin.</summary>
    public double LogHarm { get; }

    /// <summary>The natural logarithm of the greatest e-value so far against: it does not.</summary>
    public double LogSafe { get; }
}
