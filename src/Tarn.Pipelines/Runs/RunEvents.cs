namespace Tarn.Pipelines;

/// <summary>A run was made, or its state moved.</summary>
/// <param name="Run">The run as it is now.</param>
public sealed record RunChanged(RunSummary Run);

/// <summary>An attempt started or ended.</summary>
/// <param name="RunId">The run's id.</param>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="Task">The task's name.</param>
/// <param name="Number">The attempt's number, from 1; 0 where the task ended without one (upstream failed, skipped, cancelled).</param>
/// <param name="State">The attempt's state now.</param>
public sealed record AttemptChanged(string RunId, string Pipeline, string Task, int Number, AttemptState State);

/// <summary>Log lines of a run were stored.</summary>
/// <param name="RunId">The run's id.</param>
/// <param name="LastSequence">The sequence number of the newest line.</param>
public sealed record LogAppended(string RunId, long LastSequence);

/// <summary>A pipeline was paused or resumed, or its schedule moved on.</summary>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="Paused">Whether its schedule is paused now.</param>
public sealed record PipelineChanged(string Pipeline, bool Paused);
