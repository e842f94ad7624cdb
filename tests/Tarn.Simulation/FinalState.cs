using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;

namespace Tarn.Simulation;

/// <summary>What a run left: every row of every table and every record's place in the topic, as lines that two runs must have in common.</summary>
internal static class FinalState
{
    /// <summary>What differs between two runs by nature: when it was fetched, and the port that it was fetched from.</summary>
    private static readonly (string Table, string Sql)[] Queries =
    [
        ("silver", "SELECT * FROM silver.earthquakes ORDER BY id"),
        ("history", "SELECT * FROM silver.earthquakes_history ORDER BY id, updated, version_time"),
        ("bronze", "SELECT * EXCLUDE (fetched_at, source_url) FROM bronze.earthquakes ORDER BY topic_partition, topic_offset"),
        ("quarantine", "SELECT feature_id, reason, raw FROM bronze.earthquakes_quarantine ORDER BY feature_id, raw"),
        ("hourly", "SELECT * EXCLUDE (silver_version) FROM gold.earthquakes_hourly WHERE events > 0 ORDER BY hour"),
    ];

    public static async Task<IReadOnlyList<string>> OfDirectoryAsync(string directory, CancellationToken cancellation)
    {
        var time = TimeProvider.System;
        await using var lake = new Tarn.Lake.Lake(new LocalObjectStore(Path.Combine(directory, "lake")), null, time, IdSource.Create(time), NullLoggerFactory.Instance);
        var lines = new List<string>();
        foreach (var (table, sql) in Queries)
        {
            await using var result = await lake.Sql.QueryAsync(sql, cancellationToken: cancellation);
            foreach (var row in await result.ToListAsync(cancellation))
            {
                lines.Add($"{table}: {string.Join('|', row.Select(static v => Convert.ToString(v, CultureInfo.InvariantCulture)))}");
            }
        }

        await using var log = new SegmentTopicLog(Path.Combine(directory, "log"), time, NullLoggerFactory.Instance);
        foreach (var partition in (await log.DescribeTopicAsync("earthquakes", cancellation)).Partitions)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"topic: partition {partition.Partition} ends at {partition.High}"));
        }

        return lines;
    }

    public static async Task<IReadOnlyList<string>> OfPostgresAsync(string connectionString, CancellationToken cancellation)
    {
        var lines = new List<string>();
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand("SELECT row_to_json(e)::text FROM public.earthquakes e ORDER BY id", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            lines.Add(reader.GetString(0));
        }

        return lines;
    }
}
