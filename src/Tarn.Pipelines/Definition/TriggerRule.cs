using System.Text.Json.Serialization;

namespace Tarn.Pipelines;

/// <summary>
/// When a task starts, by the states of the tasks directly before it: Airflow's trigger rules. "Failed" counts upstream_failed as well. A rule that cannot hold any more
/// ends its task: as upstream_failed where a failure is the cause, else as skipped.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<TriggerRule>))]
public enum TriggerRule
{
    /// <summary>All succeeded. The default.</summary>
    [JsonStringEnumMemberName("all_success")]
    AllSuccess,

    /// <summary>All failed.</summary>
    [JsonStringEnumMemberName("all_failed")]
    AllFailed,

    /// <summary>All have ended, in whatever way.</summary>
    [JsonStringEnumMemberName("all_done")]
    AllDone,

    /// <summary>All were skipped.</summary>
    [JsonStringEnumMemberName("all_skipped")]
    AllSkipped,

    /// <summary>At least one succeeded; it does not wait for the others.</summary>
    [JsonStringEnumMemberName("one_success")]
    OneSuccess,

    /// <summary>At least one failed; it does not wait for the others.</summary>
    [JsonStringEnumMemberName("one_failed")]
    OneFailed,

    /// <summary>At least one succeeded or failed; it does not wait for the others.</summary>
    [JsonStringEnumMemberName("one_done")]
    OneDone,

    /// <summary>All have ended and none failed: succeeded or skipped.</summary>
    [JsonStringEnumMemberName("none_failed")]
    NoneFailed,

    /// <summary>All have ended, none failed, and at least one succeeded: the rule for the task where branches meet again.</summary>
    [JsonStringEnumMemberName("none_failed_min_one_success")]
    NoneFailedMinOneSuccess,

    /// <summary>All have ended and none was skipped.</summary>
    [JsonStringEnumMemberName("none_skipped")]
    NoneSkipped,

    /// <summary>At once, without waiting.</summary>
    [JsonStringEnumMemberName("always")]
    Always,
}
