using System.Data.Common;
using Dapper;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Pipelines;

/// <summary>
/// The runs of a pipeline's data intervals, as far as they are kept: what the latest of each had before its eyes. A sub-pipeline's runs are parts of other pipelines' runs, and none of them.
/// </summary>
internal sealed class IntervalRuns
{
    private const string Columns =
        "interval_start AS IntervalStart, interval_end AS IntervalEnd, CASE WHEN state IN ('queued', 'running') THEN 1 ELSE 0 END AS Active, started_at AS StartedAt, sources, parameters";

    /// <summary>More stretches than this are read as one.</summary>
    private const int MostQueries = 16;

    private readonly Dictionary<DataInterval, IntervalRun> _latest = [];
    private readonly HashSet<DataInterval> _active = [];

    /// <summary>The parameters of a repair: what a run with others has made of the data is no repair's work.</summary>
    private readonly string? _parameters;

    private IntervalRuns(string? parameters) => _parameters = parameters;

    /// <summary>Reads the runs of intervals that start in some stretches.</summary>
    public static async Task<IntervalRuns> ReadAsync(DbConnection connection, DbTransaction? transaction, PipelineDefinition pipeline, IReadOnlyList<EventSpan> spans)
    {
        var runs = new IntervalRuns(ParameterDefinition.Resolve(pipeline.Parameters, null, pipeline.Name, mayMiss: true));
        if (spans.Count > MostQueries)
        {
            spans = [new EventSpan(spans[0].Start, spans[^1].End)];
        }

        foreach (var span in spans)
        {
            runs.Add(await connection.QueryAsync<RunOfInterval>(
                $"SELECT {Columns} FROM pipeline_run WHERE pipeline = @pipeline AND interval_start >= @from AND interval_start < @to AND interval_end > interval_start AND parent IS NULL ORDER BY interval_start, seq",
                new { pipeline = pipeline.Name, from = Instant.ToMicroseconds(span.Start), to = Instant.ToMicroseconds(span.End) },
                transaction));
        }

        return runs;
    }

    /// <summary>The intervals of which a run has not ended.</summary>
    public static async Task<IReadOnlyList<DataInterval>> ActiveAsync(DbConnection connection, DbTransaction? transaction, string pipeline) =>
    [
        .. (await connection.QueryAsync<RunOfInterval>(
            $"SELECT {Columns} FROM pipeline_run WHERE pipeline = @pipeline AND state IN ('queued', 'running') AND interval_end > interval_start AND parent IS NULL ORDER BY interval_start",
            new { pipeline },
            transaction)).Select(static r => r.Interval).Distinct(),
    ];

    /// <summary>Whether a run of the interval has not ended.</summary>
    public bool IsActive(DataInterval interval) => _active.Contains(interval);

    /// <summary>Whether the latest run of an interval that started had all commits of a cause before its eyes: what these brought needs no other run.</summary>
    public bool Sees(DataInterval interval, RepairCause cause) => _latest.TryGetValue(interval, out var run) && run.Sees(cause);

    /// <summary>The stretches of the intervals whose latest runs have seen all commits of a cause.</summary>
    public List<EventSpan> Seen(RepairCause cause) =>
        Spans.Union(_latest.Where(r => r.Value.Sees(cause)).Select(static r => new EventSpan(r.Key.Start, r.Key.End)));

    private void Add(IEnumerable<RunOfInterval> rows)
    {
        foreach (var row in rows)
        {
            if (row.Active != 0)
            {
                _active.Add(row.Interval);
            }

            // One that has not started has done nothing; where it never does, what came before it counts.
            if ((row.StartedAt is not null || row.Sources is not null) && row.Parameters == _parameters)
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

        public string? Parameters { get; set; }

        public DataInterval Interval => new(Instant.FromMicroseconds(IntervalStart), Instant.FromMicroseconds(IntervalEnd));
    }
}

/// <summary>The latest run of an interval that started.</summary>
/// <param name="Sources">The versions of the repairing tables from before it started, as they are stored; null where that is not known.</param>
internal sealed record IntervalRun(string? Sources)
{
    private Dictionary<string, SeenVersion>? _versions;

    public bool Sees(RepairCause cause)
    {
        _versions ??= Sources is null ? [] : RunSources.Parse(Sources);
        return _versions.TryGetValue(cause.Table, out var seen) && seen.Covers(cause);
    }
}
