namespace Tarn.Training;

/// <summary>What an image of a dataset is for.</summary>
public enum DatasetSplit
{
    /// <summary>To learn from.</summary>
    Train,

    /// <summary>To choose by: settings, thresholds, when to stop.</summary>
    Validation,

    /// <summary>To judge what was chosen, once.</summary>
    Test,
}
