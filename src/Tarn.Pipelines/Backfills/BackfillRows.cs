using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>A row of pipeline_backfill, as Dapper reads it.</summary>
internal sealed class BackfillRow
{
    public const string Columns =
        "id, pipeline, span_start AS SpanStart, span_end AS SpanEnd, reprocess, max_active_runs AS MaxActiveRuns, backwards, state, reached, total, made, " +
        "left_out AS LeftOut, succeeded, failed, cancelled, created_at AS CreatedAt, ended_at AS EndedAt";

    public string Id { get; set; } = "";

    public string Pipeline { get; set; } = "";

    public long SpanStart { get; set; }

    public long SpanEnd { get; set; }

    public string Reprocess { get; set; } = "";

    public long MaxActiveRuns { get; set; }

    public long Backwards { get; set; }

    public string State { get; set; } = "";

    public long Reached { get; set; }

    public long Total { get; set; }

    public long Made { get; set; }

    public long LeftOut { get; set; }

    public long Succeeded { get; set; }

    public long Failed { get; set; }

    public long Cancelled { get; set; }

    public long CreatedAt { get; set; }

    public long? EndedAt { get; set; }

    public BackfillSummary Summary() => new(
        Id,
        Pipeline,
        Instant.FromMicroseconds(SpanStart),
        Instant.FromMicroseconds(SpanEnd),
        BackfillNames.ReprocessOf(Reprocess),
        (int)MaxActiveRuns,
        Backwards != 0,
        BackfillNames.StateOf(State),
        Total,
        Made,
        LeftOut,
        Succeeded,
        Failed,
        Cancelled,
        Instant.FromMicroseconds(CreatedAt),
        EndedAt is { } ended ? Instant.FromMicroseconds(ended) : null);
}

/// <summary>A row of pipeline_backfill_range, as Dapper reads it.</summary>
internal sealed class BackfillSpanRow
{
    public const string Columns = "interval_start AS IntervalStart, interval_end AS IntervalEnd, intervals";

    public long IntervalStart { get; set; }

    public long IntervalEnd { get; set; }

    public long Intervals { get; set; }

    public IntervalSpan Span() => new(Instant.FromMicroseconds(IntervalStart), Instant.FromMicroseconds(IntervalEnd), Intervals);
}
