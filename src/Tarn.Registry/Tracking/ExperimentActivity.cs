namespace Tarn.Registry;

/// <summary>What the runs of an experiment do; deleted ones are not counted.</summary>
/// <param name="Runs">How many there are.</param>
/// <param name="Running">How many of them are under way.</param>
/// <param name="LastStartedAt">When the last was started; null for none.</param>
public sealed record ExperimentActivity(long Runs, long Running, DateTimeOffset? LastStartedAt);
