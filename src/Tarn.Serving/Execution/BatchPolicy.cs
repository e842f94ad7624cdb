namespace Tarn.Serving;

/// <summary>When a batch is run, and how large: a model's options applied to what waits.</summary>
internal sealed class BatchPolicy(ModelOptions options)
{
    public int MaxRows { get; } = options.MaxBatchSize;

    public bool IsOn { get; } = options.MaxBatchSize > 1;

    public TimeSpan Delay { get; } = options.BatchDelay;

    /// <summary>Whether what waits is run now, though more might join it.</summary>
    /// <param name="rows">Rows that wait.</param>
    /// <param name="waited">How long the first of them has waited.</param>
    /// <param name="expected">Rows that are to be expected within the rest of the delay.</param>
    public bool IsDue(int rows, TimeSpan waited, double expected) =>
        Delay == TimeSpan.Zero || rows >= MaxRows || IsPreferred(rows) || waited >= Delay || expected < 1;

    /// <summary>How many rows a batch takes of those that wait: the largest preferred size that is filled, else all up to the maximum.</summary>
    public int Target(int rows)
    {
        var most = Math.Min(rows, MaxRows);
        for (var i = options.PreferredBatchSizes.Count - 1; i >= 0; i--)
        {
            if (options.PreferredBatchSizes[i] <= most)
            {
                return options.PreferredBatchSizes[i];
            }
        }

        return most;
    }

    private bool IsPreferred(int rows)
    {
        for (var i = 0; i < options.PreferredBatchSizes.Count; i++)
        {
            if (options.PreferredBatchSizes[i] == rows)
            {
                return true;
            }
        }

        return false;
    }
}
