namespace Tarn.Registry;

/// <summary>A part of what a search found.</summary>
/// <param name="Items">What was found, in the order that was asked for.</param>
/// <param name="NextOffset">The offset at which to go on; null where there is no more.</param>
public sealed record SearchPage<T>(IReadOnlyList<T> Items, long? NextOffset)
{
    /// <summary>The page of one item more than was asked for, which tells that there is more.</summary>
    internal static SearchPage<T> Of(IReadOnlyList<T> found, int limit, long offset) =>
        found.Count > limit ? new SearchPage<T>([.. found.Take(limit)], offset + limit) : new SearchPage<T>(found, null);
}
