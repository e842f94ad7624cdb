namespace Tarn.Lake;

/// <summary>A version in a table's history.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Timestamp">When it was committed.</param>
/// <param name="Operation">What made it: <c>CREATE TABLE</c>, <c>WRITE</c>, <c>MERGE</c>, <c>OPTIMIZE</c> …</param>
/// <param name="Metrics">Counts that the writer told (Delta's operationMetrics).</param>
/// <param name="Parameters">What the writer was asked (Delta's operationParameters); values that are not text are JSON.</param>
/// <param name="Transactions">The application progress stored with it.</param>
/// <param name="By">The program that wrote it (Delta's engineInfo), or null where it did not say.</param>
public sealed record TableVersion(
    long Version,
    DateTimeOffset Timestamp,
    string Operation,
    IReadOnlyDictionary<string, string> Metrics,
    IReadOnlyDictionary<string, string> Parameters,
    IReadOnlyList<AppTransaction> Transactions,
    string? By)
{
    /// <summary>The event times that it touched; null where it does not say (see <see cref="Lake.TouchedSinceAsync(string, long, int, CancellationToken)"/>).</summary>
    public TouchedTimes? Touched { get; init; }
}
