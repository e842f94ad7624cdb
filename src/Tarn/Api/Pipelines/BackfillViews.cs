using Tarn.Core;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>Backfills, as the API says and hears them.</summary>
internal static class BackfillViews
{
    public static BackfillView Of(BackfillSummary b) => new(
        b.Id,
        b.Pipeline,
        b.From,
        b.To,
        Name(b.Reprocess),
        b.MaxActiveRuns,
        b.RunBackwards,
        Name(b.State),
        b.Total,
        b.Made,
        b.LeftOut,
        b.Active,
        b.Remaining,
        b.Succeeded,
        b.Failed,
        b.Cancelled,
        b.CreatedAt,
        b.EndedAt);

    public static BackfillPreviewView Of(BackfillPreview p) => new(
        p.Pipeline,
        p.From,
        p.To,
        Name(p.Reprocess),
        p.Total,
        PipelineViews.Of(p.ToRun),
        PipelineViews.Of(p.LeftOut),
        p.Active,
        Of(p.FirstNotEnded),
        Of(p.First),
        Of(p.Last),
        p.Spans.Count,
        [.. p.Spans.Take(BackfillPreviewView.MostSpans).Select(static s => new IntervalSpanView(s.Start, s.End, s.Intervals))]);

    /// <summary>What was asked for.</summary>
    /// <exception cref="TarnException">A value does not read as what it is.</exception>
    public static BackfillRequest Request(string pipeline, BackfillBody body)
    {
        var request = new BackfillRequest
        {
            Pipeline = pipeline,
            From = Require.Instant("from", body.From ?? throw TarnException.InvalidInput("from has to be given.", null, "It is the first instant at which an interval may start.")),
            To = Require.Instant("to", body.To ?? throw TarnException.InvalidInput("to has to be given.", null, "It is the first instant at which no interval may start any more.")),
            Reprocess = Reprocess(body.Reprocess),
            RunBackwards = body.RunBackwards ?? false,
        };
        return body.MaxActiveRuns is { } most ? request with { MaxActiveRuns = most } : request;
    }

    private static IntervalView? Of(DataInterval? interval) => interval is { } i ? new IntervalView(i.Start, i.End) : null;

    private static ReprocessBehavior Reprocess(string? text) => text switch
    {
        null or "" or "none" => ReprocessBehavior.None,
        "failed" => ReprocessBehavior.Failed,
        "completed" => ReprocessBehavior.Completed,
        _ => throw TarnException.InvalidInput("reprocess is one of none, failed, completed.", text),
    };

    private static string Name(ReprocessBehavior reprocess) => reprocess.ToString().ToLowerInvariant();

    private static string Name(BackfillState state) => state.ToString().ToLowerInvariant();
}
