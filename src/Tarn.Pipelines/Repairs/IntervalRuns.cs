using System.Data.Common;
using Dapper;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Pipelines;

/// <summary>The runs of a pipeline's data intervals, as far as they are kept: what the latest of each had before its eyes.</summary>
internal sealed class IntervalRuns
{
    private const string Columns =
        "interval_start AS IntervalStart, interval_end AS IntervalEnd, CASE WHEN state IN ('queued', 'running') THEN 1 ELSE 0 END AS Active, started_at AS StartedAt, sources";

    /// <summary>More stretches than this are read as one.</summary>
    private const int MostQueries = 16;

    private readonly Dictionary<DataInterval, IntervalRun> _latest = [];
    private readonly HashSet<DataInterval> _active = [];

    /// <summary>Reads the runs of intervals that start in some stretches.</summary>
    public static async Task<IntervalRuns> ReadAsync(DbConnection connection, DbTransaction? transaction, string pipeline, IReadOnlyList<EventSpan> spans)
    {
        var runs = new IntervalRuns();
        if (spans.Count > MostQueries)
        {
            spans = [new EventSpan(spans[0].Start, spans[^1].End)];
        }

        foreach (var span in spans)
        {
            runs.Add(await connection.QueryAsync<RunOfInterval>(
                $"SELECT {Columns} FROM pipeline_run WHERE pipeline = @pipeline AND interval_start >= @from AND interval_start < @to AND interval_end > interval_start ORDER BY interval_start, seq",
                new { pipeline, from = Instant.ToMicroseconds(span.Start), to = Instant.ToMicroseconds(span.End) },
                transaction));
        }

        return runs;
    }

    /// <summary>The intervals of which a run has not ended.</summary>
    public static async Task<IReadOnlyList<DataInterval>> ActiveAsync(DbConnection connection, DbTransaction? transaction, string pipeline) =>
    [
        .. (await connection.QueryAsync<RunOfInterval>(
            $"SELECT {Columns} FROM pipeline_run WHERE pipeline = @pipeline AND state IN ('queued', 'running') AND interval_end > interval_start ORDER BY interval_start",
            new { pipeline },
            transaction)).Select(static r => r.Interval).Distinct(),
    ];

    /// <summary>Whether a run of the interval has not ended.</summary>
    public bool IsActive(DataInterval interval) => _active.Contains(interval);

    /// <summary>Whether the latest run of an interval that started had a version before its eyes: what the version brought needs no other run.</summary>
    public bool Sees(DataInterval interval, string table, long version) => _latest.TryGetValue(interval, out var run) && run.Sees(table, version);

    /// <summary>The stretches of the intervals whose latest runs have seen a version.</summary>
    public List<EventSpan> Seen(string table, long version) =>
        Spans.Union(_latest.Where(r => r.Value.Sees(table, version)).Select(static r => new EventSpan(r.Key.Start, r.Key.End)));

    private void Add(IEnumerable<RunOfInterval> rows)
    {
        foreach (var row in rows)
        {
            if (row.Active != 0)
            {
                _active.Add(row.Interval);
            }

            // One that has not started has done nothing; where it never does, what came before it counts.
            if (row.StartedAt is not null || row.Sources is not null)
            {
                _latest[row.Interval] = new IntervalRun(row.Sources);
            }
        }
    }

    /// <summary>What is read of a run.</summary>
    private sealed class RunOfInterval
    {
        public long IntervalStart { get; set; }

        public long IntervalEnd { get; set; }

        public long Active { get; set; }

        public long? StartedAt { get; set; }

        public string? Sources { get; set; }

        public DataInterval Interval => new(Instant.FromMicroseconds(IntervalStart), Instant.FromMicroseconds(IntervalEnd));
    }
}

/// <summary>The latest run of an interval that started.</summary>
/// <param name="Sources">The versions of the repairing tables from before it started, as they are stored; null where that is not known.</param>
internal sealed record IntervalRun(string? Sources)
{
    private Dictionary<string, long>? _versions;

    public bool Sees(string table, long version)
    {
        _versions ??= Sources is null ? [] : RunSources.Parse(Sources);
        return _versions.TryGetValue(table, out var seen) && seen >= version;
    }
}
