namespace Tarn.Core;

/// <summary>
/// Instants as the metadata store keeps them: whole microseconds since 1970 in UTC, an INTEGER. One rule for all tables, so that
/// times compare and index as numbers and nothing of a stored instant is lost or invented.
/// </summary>
public static class Instant
{
    /// <summary>The stored form; what is finer than a microsecond is cut.</summary>
    public static long ToMicroseconds(DateTimeOffset instant) => (instant.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The instant, in UTC, of a stored form.</summary>
    public static DateTimeOffset FromMicroseconds(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>The instant as it comes back from the store: in UTC, cut to the microsecond.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset instant) => FromMicroseconds(ToMicroseconds(instant));
}
