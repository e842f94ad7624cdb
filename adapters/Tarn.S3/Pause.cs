namespace Tarn.S3;

/// <summary>The pauses between tries: 50 ms, doubled each time, 5 s at most, each shortened by up to a half so that several writers do not come back at once.</summary>
internal static class Pause
{
    private const double Shortest = 50;
    private const double Longest = 5000;

    /// <param name="attempt">How many pauses came before.</param>
    /// <param name="seed">What is different for each caller.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the pause.</param>
    public static Task AfterAsync(int attempt, string seed, TimeProvider time, CancellationToken cancellationToken)
    {
        var whole = Math.Min(Longest, Shortest * (1L << Math.Min(attempt, 10)));
        var share = (uint)HashCode.Combine(seed, attempt) / (double)uint.MaxValue;
        return Task.Delay(TimeSpan.FromMilliseconds(whole * (1 - (share / 2))), time, cancellationToken);
    }
}
