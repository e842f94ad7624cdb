namespace Tarn.Log;

/// <summary>How typed values become records.</summary>
/// <typeparam name="T">The type of a value.</typeparam>
public sealed record ProduceOptions<T>
{
    /// <summary>When a value happened; null (the default) stamps records with the time of the append.</summary>
    public Func<T, DateTimeOffset>? Timestamp { get; init; }

    /// <summary>
    /// Application transactions (application id → version) that belong to the values as a whole, such as the cursor of the source that
    /// they were fetched from. They travel as headers of the last record (<see cref="TransactionHeader"/>), and sinks commit them in the
    /// same commit as that record, so that the cursor never runs ahead of the rows.
    /// </summary>
    public IReadOnlyDictionary<string, long>? Transactions { get; init; }
}
