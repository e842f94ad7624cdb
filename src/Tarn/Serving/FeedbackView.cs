using Tarn.Lake;
using Tarn.Serving;

namespace Tarn;

/// <summary>The view <c>gold.predictions_with_feedback</c>: each prediction, with the last that became known of it.</summary>
internal static class FeedbackView
{
    /// <summary>The view's name.</summary>
    public const string Name = "gold.predictions_with_feedback";

    private const string Sql = $"""
        SELECT p.*, f.at AS feedback_at, f.label AS feedback_label, f.correct AS feedback_correct, f.score AS feedback_score, f.comment AS feedback_comment, f.caller AS feedback_caller
        FROM {PredictionTopics.PredictionsTable} p
        LEFT JOIN (
          SELECT l.*, row_number() OVER (PARTITION BY l.prediction_id ORDER BY l.at DESC) AS place
          FROM {PredictionTopics.FeedbackTable} l
        ) f ON f.prediction_id = p.prediction_id AND f.place = 1
        """;

    /// <summary>Stores it where it is not, or is another one; its tables are there.</summary>
    public static async Task EnsureAsync(Lake.Lake lake, CancellationToken cancellation)
    {
        if ((await lake.FindViewAsync(Name, cancellation).ConfigureAwait(false))?.Sql.Trim() == Sql.Trim())
        {
            return;
        }

        var text = $"""
            /* ---
            name: {Name}
            description: Every prediction that was answered, with the last feedback on it; its columns are null where there is none.
            materialized: view
            --- */
            {Sql}
            """;
        var models = await SqlModelSet.LoadAsync(lake, [($"{Name}.sql", text)], cancellation).ConfigureAwait(false);
        await new ModelRunner(lake, models).RunAsync(Name, cancellationToken: cancellation).ConfigureAwait(false);
    }
}
