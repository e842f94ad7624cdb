using System.Text.Json.Serialization;

namespace Tarn.Pipelines;

/// <summary>Where a pipeline run is. A run that has ended is <see cref="Success"/>, <see cref="Failed"/> or <see cref="Cancelled"/>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunState>))]
public enum RunState
{
    /// <summary>Made, and waiting for its turn (the pipeline's limit of active runs), or for the process to take it up again.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>Its tasks are being run.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>Every task ended in success or was skipped.</summary>
    [JsonStringEnumMemberName("success")]
    Success,

    /// <summary>At least one task failed for good.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>It was cancelled before all its tasks had ended.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled,
}

/// <summary>Where a task, or one attempt at it, is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AttemptState>))]
public enum AttemptState
{
    /// <summary>Waits for the tasks before it, or for a slot of its pool.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>Its code is running.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>Its code returned.</summary>
    [JsonStringEnumMemberName("success")]
    Success,

    /// <summary>Its code threw, timed out, or the process ended during it.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Of a task: the last attempt failed, and another follows after a delay.</summary>
    [JsonStringEnumMemberName("up_for_retry")]
    UpForRetry,

    /// <summary>It waits for something outside, without a slot: for the next look of a sensor, or for the run of a sub-pipeline.</summary>
    [JsonStringEnumMemberName("deferred")]
    Deferred,

    /// <summary>Of a task: it was never started, because a task before it failed.</summary>
    [JsonStringEnumMemberName("upstream_failed")]
    UpstreamFailed,

    /// <summary>It chose to be skipped, or a task before it was skipped.</summary>
    [JsonStringEnumMemberName("skipped")]
    Skipped,

    /// <summary>The run was cancelled before it had ended.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled,
}

/// <summary>Why a run was made.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunTrigger>))]
public enum RunTrigger
{
    /// <summary>By the schedule, for the data interval that had just ended.</summary>
    [JsonStringEnumMemberName("scheduled")]
    Scheduled,

    /// <summary>By a person or a program.</summary>
    [JsonStringEnumMemberName("manual")]
    Manual,

    /// <summary>By a backfill over past data intervals.</summary>
    [JsonStringEnumMemberName("backfill")]
    Backfill,

    /// <summary>By the schedule, for a data interval that ended longer ago: missed while paused, stopped, or busy.</summary>
    [JsonStringEnumMemberName("catch_up")]
    CatchUp,

    /// <summary>Because a table or a topic moved.</summary>
    [JsonStringEnumMemberName("data")]
    Data,

    /// <summary>Because rows of its data interval came late, or were changed.</summary>
    [JsonStringEnumMemberName("repair")]
    Repair,

    /// <summary>By a task of another pipeline.</summary>
    [JsonStringEnumMemberName("sub_pipeline")]
    SubPipeline,
}
