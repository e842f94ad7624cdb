using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Tarn.Native;

/// <summary>Dates and times: DuckDB counts days or microseconds from the Unix epoch, and has ±infinity at the ends of the range.</summary>
internal static class DuckDbTimes
{
    /// <summary>1970-01-01 as <see cref="DateOnly.DayNumber"/>.</summary>
    internal const int EpochDay = 719_162;

    private static readonly long MinMicroseconds = (DateTime.MinValue.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
    private static readonly long MaxMicroseconds = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    internal static DateOnly ToDate(int days)
    {
        var number = (long)days + EpochDay;
        return number >= 0 && number <= DateOnly.MaxValue.DayNumber ? DateOnly.FromDayNumber((int)number) : throw OutOfRange("date", days);
    }

    internal static DateTime ToDateTime(long microseconds) => new(ToTicks(microseconds), DateTimeKind.Unspecified);

    internal static DateTimeOffset ToInstant(long microseconds) => new(ToTicks(microseconds), TimeSpan.Zero);

    internal static DateTime NanosecondsToDateTime(long nanoseconds) =>
        nanoseconds is long.MaxValue or -long.MaxValue
            ? throw OutOfRange("timestamp", nanoseconds)
            : new DateTime(DateTime.UnixEpoch.Ticks + (long)Math.Floor(nanoseconds / 100m), DateTimeKind.Unspecified);

    /// <summary>Microseconds since the epoch; parts of a microsecond are cut towards the past.</summary>
    internal static long ToMicroseconds(DateTimeOffset instant) => FloorMicroseconds(instant.UtcTicks);

    /// <summary>As the clock shows it, whatever the kind.</summary>
    internal static long ToMicroseconds(DateTime local) => FloorMicroseconds(local.Ticks);

    /// <summary>To microseconds from a coarser unit; what would overflow stays out of range.</summary>
    internal static long Scale(long value, long factor) =>
        Int128.Abs((Int128)value * factor) > long.MaxValue ? long.MaxValue : value * factor;

    internal static string ToIsoText(Interval interval)
    {
        var text = new StringBuilder("P");
        Part(text, interval.Months / 12, 'Y');
        Part(text, interval.Months % 12, 'M');
        Part(text, interval.Days, 'D');
        var seconds = interval.Microseconds / 1_000_000m;
        if (seconds != 0)
        {
            text.Append('T').Append(seconds.ToString("0.######", CultureInfo.InvariantCulture)).Append('S');
        }

        return text.Length == 1 ? "PT0S" : text.ToString();
    }

    private static void Part(StringBuilder text, int value, char unit)
    {
        if (value != 0)
        {
            text.Append(value.ToString(CultureInfo.InvariantCulture)).Append(unit);
        }
    }

    private static long FloorMicroseconds(long ticks)
    {
        var (quotient, remainder) = Math.DivRem(ticks - DateTime.UnixEpoch.Ticks, TimeSpan.TicksPerMicrosecond);
        return remainder < 0 ? quotient - 1 : quotient;
    }

    private static long ToTicks(long microseconds) => microseconds >= MinMicroseconds && microseconds <= MaxMicroseconds
        ? DateTime.UnixEpoch.Ticks + (microseconds * TimeSpan.TicksPerMicrosecond)
        : throw OutOfRange("timestamp", microseconds);

    private static DuckDbException OutOfRange(string what, long value) => new(
        DuckDbErrorType.OutOfRange,
        $"A {what} outside the years 1 to 9999, or infinite, cannot be read ({value}); cast it to VARCHAR.");

    /// <summary>duckdb_interval.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Interval
    {
        internal int Months;
        internal int Days;
        internal long Microseconds;
    }
}
