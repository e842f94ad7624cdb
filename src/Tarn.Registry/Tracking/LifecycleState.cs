namespace Tarn.Registry;

/// <summary>Whether an experiment or a training run is there, or was deleted and can be restored.</summary>
public enum LifecycleState
{
    /// <summary>It is there.</summary>
    Active,

    /// <summary>It was deleted: lists leave it out unless asked, nothing is logged to it, and it can be restored.</summary>
    Deleted,
}

/// <summary>Which of them a search wants.</summary>
public enum LifecycleView
{
    /// <summary>Those that are there.</summary>
    Active,

    /// <summary>Those that were deleted.</summary>
    Deleted,

    /// <summary>Both.</summary>
    All,
}
