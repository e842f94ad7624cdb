using System.Collections.Concurrent;
using Dapper;
using Tarn.Core;

namespace Tarn;

/// <summary>Brings what the meters count into the store, where the processes that share it add up, and takes the sums back.</summary>
internal sealed class KeyUsage(MetadataStore store, SecurityJournal journal)
{
    private readonly ConcurrentQueue<(KeyMeter Meter, KeyMeter.Day Day)> _counted = new();

    /// <summary>A day as the store counts it: from 1970.</summary>
    public static long DayOf(DateTimeOffset instant) => instant.ToUnixTimeSeconds() / 86_400;

    /// <summary>A meter has counted since it was last stored.</summary>
    public void Wake(KeyMeter meter, KeyMeter.Day day)
    {
        _counted.Enqueue((meter, day));
        journal.Wake();
    }

    /// <summary>Stores what was counted.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        var taken = new List<(KeyMeter Meter, KeyMeter.Day Day, long Requests)>();
        while (_counted.TryDequeue(out var item))
        {
            taken.Add((item.Meter, item.Day, Interlocked.Exchange(ref item.Day.Pending, 0)));
        }

        if (taken.Count == 0)
        {
            return;
        }

        try
        {
            var sums = await store.WriteAsync(
                async (connection, transaction) =>
                {
                    var found = new List<long>(taken.Count);
                    foreach (var (meter, day, requests) in taken)
                    {
                        found.Add(await connection.QuerySingleAsync<long>(
                            """
                            INSERT INTO security_use(key, day, requests) VALUES (@key, @day, @requests)
                            ON CONFLICT(key, day) DO UPDATE SET requests = security_use.requests + excluded.requests RETURNING requests
                            """,
                            new { key = meter.Id, day = day.Number - FirstDay, requests },
                            transaction));
                        await connection.ExecuteAsync(
                            "UPDATE security_key SET last_used_at = @at WHERE id = @id AND (last_used_at IS NULL OR last_used_at < @at)",
                            new { id = meter.Id, at = meter.LastUsedAt is { } at ? Instant.ToMicroseconds(at) : 0 },
                            transaction);
                    }

                    return found;
                },
                WriteDurability.Process,
                cancellation);
            for (var i = 0; i < taken.Count; i++)
            {
                taken[i].Meter.Learn(taken[i].Day.Number, sums[i]);
            }
        }
        catch
        {
            foreach (var (meter, day, requests) in taken)
            {
                Interlocked.Add(ref day.Pending, requests);
                _counted.Enqueue((meter, day));
            }

            throw;
        }
    }

    /// <summary>1970 as a meter counts days.</summary>
    internal static long FirstDay { get; } = DateTimeOffset.UnixEpoch.UtcTicks / TimeSpan.TicksPerDay;
}
