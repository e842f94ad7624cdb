using System.Globalization;

namespace Tarn.Serving;

/// <summary>The header <c>grpc-timeout</c>: at most eight digits and a unit.</summary>
internal static class GrpcTimeout
{
    /// <summary>Longer than this is as good as none, and more than a timer takes.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    /// <summary>Reads a value. A duration of more than none never becomes none, whatever the clock's grain.</summary>
    /// <param name="text">The header's value.</param>
    /// <param name="timeout">The time that the call may take, at most <see cref="Longest"/>.</param>
    /// <returns>False where it is none.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > 9 || !uint.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        long ticks;
        switch (text[^1])
        {
            case 'H': ticks = count * TimeSpan.TicksPerHour; break;
            case 'M': ticks = count * TimeSpan.TicksPerMinute; break;
            case 'S': ticks = count * TimeSpan.TicksPerSecond; break;
            case 'm': ticks = count * TimeSpan.TicksPerMillisecond; break;
            case 'u': ticks = count * TimeSpan.TicksPerMicrosecond; break;
            case 'n': ticks = (count + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick; break;
            default: return false;
        }

        timeout = TimeSpan.FromTicks(Math.Min(ticks, Longest.Ticks));
        return true;
    }
}
