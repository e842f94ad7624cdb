namespace Tarn.Pipelines;

/// <summary>The names of states and triggers, as the store keeps them and as every surface shows them.</summary>
public static class StateNames
{
    /// <summary>The name of a run's state: queued, running, success, failed, cancelled.</summary>
    public static string Name(this RunState state) => state switch
    {
        RunState.Queued => "queued",
        RunState.Running => "running",
        RunState.Success => "success",
        RunState.Failed => "failed",
        _ => "cancelled",
    };

    /// <summary>The name of a task's or attempt's state: as a run's, and up_for_retry, upstream_failed, skipped, deferred.</summary>
    public static string Name(this AttemptState state) => state switch
    {
        AttemptState.Queued => "queued",
        AttemptState.Running => "running",
        AttemptState.Success => "success",
        AttemptState.Failed => "failed",
        AttemptState.UpForRetry => "up_for_retry",
        AttemptState.UpstreamFailed => "upstream_failed",
        AttemptState.Skipped => "skipped",
        AttemptState.Deferred => "deferred",
        _ => "cancelled",
    };

    /// <summary>The name of a trigger: scheduled, manual, backfill, catch_up, data, repair, sub_pipeline.</summary>
    public static string Name(this RunTrigger trigger) => trigger switch
    {
        RunTrigger.Scheduled => "scheduled",
        RunTrigger.Manual => "manual",
        RunTrigger.Backfill => "backfill",
        RunTrigger.Data => "data",
        RunTrigger.Repair => "repair",
        RunTrigger.SubPipeline => "sub_pipeline",
        _ => "catch_up",
    };

    /// <summary>The run state of that name, or null.</summary>
    public static RunState? FindRunState(string name) => name switch
    {
        "queued" => RunState.Queued,
        "running" => RunState.Running,
        "success" => RunState.Success,
        "failed" => RunState.Failed,
        "cancelled" => RunState.Cancelled,
        _ => null,
    };

    /// <summary>The trigger of that name, or null.</summary>
    public static RunTrigger? FindTrigger(string name) => name is "catch_up" ? RunTrigger.CatchUp : TriggerOf(name) is var found && found != RunTrigger.CatchUp ? found : null;

    /// <summary>The name of a trigger rule, as Airflow has it.</summary>
    public static string Name(this TriggerRule rule) => rule switch
    {
        TriggerRule.AllFailed => "all_failed",
        TriggerRule.AllDone => "all_done",
        TriggerRule.AllSkipped => "all_skipped",
        TriggerRule.OneSuccess => "one_success",
        TriggerRule.OneFailed => "one_failed",
        TriggerRule.OneDone => "one_done",
        TriggerRule.NoneFailed => "none_failed",
        TriggerRule.NoneFailedMinOneSuccess => "none_failed_min_one_success",
        TriggerRule.NoneSkipped => "none_skipped",
        TriggerRule.Always => "always",
        _ => "all_success",
    };

    internal static AttemptState AttemptStateOf(string name) => name switch
    {
        "queued" => AttemptState.Queued,
        "running" or "ended" => AttemptState.Running,
        "success" => AttemptState.Success,
        "failed" => AttemptState.Failed,
        "up_for_retry" => AttemptState.UpForRetry,
        "upstream_failed" => AttemptState.UpstreamFailed,
        "skipped" => AttemptState.Skipped,
        "deferred" => AttemptState.Deferred,
        _ => AttemptState.Cancelled,
    };

    /// <summary>The name of a task's kind.</summary>
    public static string Name(this TaskKind kind) => kind switch
    {
        TaskKind.Mapped => "mapped",
        TaskKind.Branch => "branch",
        TaskKind.ShortCircuit => "short_circuit",
        TaskKind.Sensor => "sensor",
        TaskKind.SubPipeline => "sub_pipeline",
        TaskKind.Setup => "setup",
        TaskKind.Teardown => "teardown",
        _ => "task",
    };

    internal static TaskKind KindOf(string? name) => name switch
    {
        "mapped" => TaskKind.Mapped,
        "branch" => TaskKind.Branch,
        "short_circuit" => TaskKind.ShortCircuit,
        "sensor" => TaskKind.Sensor,
        "sub_pipeline" => TaskKind.SubPipeline,
        "setup" => TaskKind.Setup,
        "teardown" => TaskKind.Teardown,
        _ => TaskKind.Task,
    };

    internal static RunTrigger TriggerOf(string name) => name switch
    {
        "scheduled" => RunTrigger.Scheduled,
        "manual" => RunTrigger.Manual,
        "backfill" => RunTrigger.Backfill,
        "data" => RunTrigger.Data,
        "repair" => RunTrigger.Repair,
        "sub_pipeline" => RunTrigger.SubPipeline,
        _ => RunTrigger.CatchUp,
    };

    internal static bool IsSettled(this AttemptState state) =>
        state is not (AttemptState.Queued or AttemptState.Running or AttemptState.UpForRetry or AttemptState.Deferred);
}
