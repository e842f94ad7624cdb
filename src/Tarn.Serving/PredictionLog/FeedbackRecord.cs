using Tarn.Lake;
using Tarn.Log;

namespace Tarn.Serving;

/// <summary>What became known of a prediction later, as the topic <c>feedback</c> holds it: JSON with names in snake_case.</summary>
public sealed record FeedbackRecord
{
    /// <summary>The prediction's id: a UUID, in 32 hexadecimal digits or with hyphens; kept as the 32 lower-case digits.</summary>
    public required string PredictionId { get; init; }

    /// <summary>When it became known.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What would have been right.</summary>
    public string? Label { get; init; }

    /// <summary>Whether the prediction was right.</summary>
    public bool? Correct { get; init; }

    /// <summary>How good it was, in the caller's own measure.</summary>
    public double? Score { get; init; }

    /// <summary>In words.</summary>
    public string? Comment { get; init; }

    /// <summary>Who says so.</summary>
    public string? Caller { get; init; }
}

/// <summary>Feedback as a row of <c>gold.feedback</c>.</summary>
[Describe("What became known of predictions later; a prediction may have several rows.")]
public sealed record FeedbackRow
{
    /// <summary>The prediction's id.</summary>
    [Describe("The prediction's id, as in gold.predictions.")]
    public required string PredictionId { get; init; }

    /// <summary>When it became known.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What would have been right.</summary>
    [Describe("What would have been right.")]
    public string? Label { get; init; }

    /// <summary>Whether the prediction was right.</summary>
    public bool? Correct { get; init; }

    /// <summary>How good it was.</summary>
    [Describe("How good the prediction was, in the caller's own measure.")]
    public double? Score { get; init; }

    /// <summary>In words.</summary>
    public string? Comment { get; init; }

    /// <summary>Who says so.</summary>
    public string? Caller { get; init; }

    /// <summary>The row of a topic's record; for a sink.</summary>
    public static FeedbackRow From(TopicRecord record, FeedbackRecord value) => new()
    {
        PredictionId = value.PredictionId,
        At = value.At,
        Label = value.Label,
        Correct = value.Correct,
        Score = value.Score,
        Comment = value.Comment,
        Caller = value.Caller,
    };
}
