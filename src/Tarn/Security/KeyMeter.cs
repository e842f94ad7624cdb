namespace Tarn;

/// <summary>
/// Counts what a key is used for, and holds its rate and its quota. The rate is a token bucket, kept as the moment at which the bucket would be full again (the generic cell rate
/// algorithm of ATM): one number, changed by compare-and-swap. Outlives the snapshots of keys, so that a change of another key does not fill the bucket.
/// </summary>
internal sealed class KeyMeter(string id, TimeProvider time, KeyUsage usage)
{
    private long _full = long.MinValue;
    private Day _day = new(long.MinValue);
    private long _lastUsed;

    public string Id => id;

    /// <summary>Takes one request.</summary>
    /// <param name="key">Its limits.</param>
    /// <param name="now">Now, in UTC.</param>
    /// <param name="wait">Where it is refused: when to come again.</param>
    /// <returns>Whether it may go on; else which limit it met.</returns>
    public KeyLimit? Take(ApiKey key, DateTimeOffset now, out TimeSpan wait)
    {
        wait = default;
        if (key.RatePerSecond is { } rate && !TakeToken(rate, key.Burst, out wait))
        {
            return KeyLimit.Rate;
        }

        var number = now.UtcTicks / TimeSpan.TicksPerDay;
        var day = Volatile.Read(ref _day);
        if (day.Number != number)
        {
            day = Turn(day, number);
        }

        var used = Interlocked.Increment(ref day.Used);
        if (key.RequestsPerDay is { } most && used > most)
        {
            Interlocked.Decrement(ref day.Used);
            wait = TimeSpan.FromTicks(((number + 1) * TimeSpan.TicksPerDay) - now.UtcTicks);
            return KeyLimit.Quota;
        }

        Volatile.Write(ref _lastUsed, now.UtcTicks);
        if (Interlocked.Increment(ref day.Pending) == 1)
        {
            usage.Wake(this, day);
        }

        return null;
    }

    /// <summary>When it was used last; null where it was not, by this process.</summary>
    public DateTimeOffset? LastUsedAt => Volatile.Read(ref _lastUsed) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Says what the store has of a day: what other processes counted is in it.</summary>
    public void Learn(long number, long stored)
    {
        var day = Volatile.Read(ref _day);
        if (day.Number < number)
        {
            day = Turn(day, number);
        }

        if (day.Number == number)
        {
            Interlocked.Exchange(ref day.Used, stored + Interlocked.Read(ref day.Pending));
        }
    }

    private Day Turn(Day old, long number)
    {
        var turned = Interlocked.CompareExchange(ref _day, new Day(number), old);
        return ReferenceEquals(turned, old) ? Volatile.Read(ref _day) : turned;
    }

    private bool TakeToken(double rate, long burst, out TimeSpan wait)
    {
        wait = default;
        var now = time.GetTimestamp();
        var each = Math.Max(1, (long)(time.TimestampFrequency / rate));
        while (true)
        {
            var full = Interlocked.Read(ref _full);
            var next = Math.Max(full, now) + each;
            var early = next - (each * burst) - now;
            if (early > 0)
            {
                wait = TimeSpan.FromSeconds((double)early / time.TimestampFrequency);
                return false;
            }

            if (Interlocked.CompareExchange(ref _full, next, full) == full)
            {
                return true;
            }
        }
    }

    /// <summary>The count of a day in UTC.</summary>
    /// <param name="number">The day, counted from the year 1.</param>
    internal sealed class Day(long number)
    {
        public long Used;
        public long Pending;

        public long Number => number;
    }
}

/// <summary>A limit of a key.</summary>
internal enum KeyLimit
{
    /// <summary>Requests a second.</summary>
    Rate,

    /// <summary>Requests a day.</summary>
    Quota,
}
