namespace Tarn.Registry;

/// <summary>How a training run is doing.</summary>
public enum TrainingRunStatus
{
    /// <summary>It is under way.</summary>
    Running,

    /// <summary>It is about to be started.</summary>
    Scheduled,

    /// <summary>It ended well.</summary>
    Finished,

    /// <summary>It ended with an error.</summary>
    Failed,

    /// <summary>It was stopped.</summary>
    Killed,
}
