namespace Tarn.Pipelines;

/// <summary>
/// Lets a task's result be used again where its input is the same: its name, its item, the results that it takes, the parameters that it takes, its data interval, and
/// the version of its code. A task that is served from the cache makes no attempt.
/// </summary>
/// <param name="For">How long a result may be used; a second to 3,650 days.</param>
/// <param name="Version">A word of your own that stands for the version of the code; where null, the build of the program's assembly does, so that any change of it empties the cache.</param>
/// <param name="PerInterval">Whether the data interval is part of the input; default yes.</param>
public sealed record CachePolicy(TimeSpan For, string? Version = null, bool PerInterval = true)
{
    internal IEnumerable<string> Errors()
    {
        if (For < TimeSpan.FromSeconds(1) || For > TimeSpan.FromDays(3650))
        {
            yield return $"a result is cached for a second to 3,650 days, not {For}";
        }
    }
}
