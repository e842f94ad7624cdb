namespace Tarn.Serving;

/// <summary>When a batch is run, and how large: a model's options applied to what waits.</summary>
/// <param name="options">The model's options.</param>
/// <param name="maxRows">Rows of a batch at most: 1 for a model that takes no batches.</param>
internal sealed class BatchPolicy(ModelOptions options, int maxRows)
{
    // The least size at which a batch is run without waiting for more.
    private readonly int _enough = options.PreferredBatchSizes is [var least, ..] ? Math.Min(least, maxRows) : maxRows;

    public int MaxRows { get; } = maxRows;

    public bool IsOn { get; } = maxRows > 1;

    /// <summary>How long the first request of a batch waits for others at most.</summary>
    public TimeSpan Delay { get; } = maxRows > 1 ? options.BatchDelay : TimeSpan.Zero;

    /// <summary>Whether so many rows are run without a thought of what might join them.</summary>
    public bool IsEnough(long rows) => Delay == TimeSpan.Zero || rows >= _enough;

    /// <summary>Whether what waits is run now, though more might join it.</summary>
    /// <param name="rows">Rows that wait.</param>
    /// <param name="waited">How long the first of them has waited.</param>
    /// <param name="expected">Requests that are to be expected within the rest of the delay.</param>
    public bool IsDue(long rows, TimeSpan waited, double expected) => IsEnough(rows) || waited >= Delay || expected < 1;

    /// <summary>How many rows a batch takes of those that wait: the largest preferred size that is filled, else all up to the maximum.</summary>
    public int Target(long rows)
    {
        var most = (int)Math.Min(rows, MaxRows);
        for (var i = options.PreferredBatchSizes.Count - 1; i >= 0; i--)
        {
            if (options.PreferredBatchSizes[i] <= most)
            {
                return options.PreferredBatchSizes[i];
            }
        }

        return most;
    }
}
