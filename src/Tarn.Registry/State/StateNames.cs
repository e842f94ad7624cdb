using Tarn.Core;

namespace Tarn.Registry;

/// <summary>How states stand in the tables and in searches.</summary>
internal static class StateNames
{
    public const string Active = "active";
    public const string Deleted = "deleted";

    public static string Name(this TrainingRunStatus status) => status switch
    {
        TrainingRunStatus.Running => "RUNNING",
        TrainingRunStatus.Scheduled => "SCHEDULED",
        TrainingRunStatus.Finished => "FINISHED",
        TrainingRunStatus.Failed => "FAILED",
        _ => "KILLED",
    };

    public static TrainingRunStatus StatusOf(string name) => name switch
    {
        "RUNNING" => TrainingRunStatus.Running,
        "SCHEDULED" => TrainingRunStatus.Scheduled,
        "FINISHED" => TrainingRunStatus.Finished,
        "FAILED" => TrainingRunStatus.Failed,
        "KILLED" => TrainingRunStatus.Killed,
        _ => throw TarnException.Corrupt("A training run's status in the metadata store is one of five.", name),
    };

    public static LifecycleState LifecycleOf(string name) => name == Deleted ? LifecycleState.Deleted : LifecycleState.Active;

    /// <summary>The condition that a view puts on a column.</summary>
    public static string Condition(LifecycleView view, string column) => view switch
    {
        LifecycleView.Active => $"{column} = 'active'",
        LifecycleView.Deleted => $"{column} = 'deleted'",
        _ => "1 = 1",
    };
}
