namespace Tarn.Serving;

/// <summary>
/// How many calls may be made again: of those of the last ten seconds one in five, and ten in any case. Where everything fails, calls made again are then a fifth more load and not a multiple of it.
/// To be used under its owner's lock.
/// </summary>
internal sealed class RetryBudget
{
    public const int Least = 10;
    private const int Seconds = 10;
    private const int RequestsForOne = 5;

    private readonly (long Second, int Requests, int Retries)[] _slots = new (long, int, int)[Seconds];

    /// <summary>Counts a call.</summary>
    public void Count(long second) => Slot(second).Requests++;

    /// <summary>Whether a call may be made again, which is counted then.</summary>
    public bool TryRetry(long second)
    {
        if (Left(second) == 0)
        {
            return false;
        }

        Slot(second).Retries++;
        return true;
    }

    /// <summary>How many calls may still be made again now.</summary>
    public long Left(long second)
    {
        var (requests, retries) = (0L, 0L);
        foreach (var slot in _slots)
        {
            if (slot.Second > second - Seconds)
            {
                (requests, retries) = (requests + slot.Requests, retries + slot.Retries);
            }
        }

        return Math.Max(0, Math.Max(Least, requests / RequestsForOne) - retries);
    }

    private ref (long Second, int Requests, int Retries) Slot(long second)
    {
        ref var slot = ref _slots[second % Seconds];
        if (slot.Second != second)
        {
            slot = (second, 0, 0);
        }

        return ref slot;
    }
}
