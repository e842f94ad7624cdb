using Tarn.Core;
using Tarn.Log;

namespace Tarn.Serving;

/// <summary>Records what becomes known of predictions later. Safe for use from several threads.</summary>
public sealed class FeedbackLog
{
    private const int MaxText = 10_000;
    private readonly Topic<FeedbackRecord> _topic;

    private FeedbackLog(Topic<FeedbackRecord> topic) => _topic = topic;

    /// <summary>Opens the log; its topic is made where it does not exist.</summary>
    /// <param name="topics">The topic log.</param>
    /// <param name="topic">The topic's name.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public static async Task<FeedbackLog> OpenAsync(TopicLog topics, string topic = PredictionTopics.FeedbackName, CancellationToken cancellation = default)
    {
        await PredictionTopics.EnsureAsync(topics, topic, cancellation).ConfigureAwait(false);
        return new FeedbackLog(PredictionTopics.Feedback(topics, topic));
    }

    /// <summary>Records feedback. When this returns it is in the topic, as durable as the topic's options ask. Whether the prediction exists is not looked up: a join shows it.</summary>
    /// <param name="feedback">The feedback.</param>
    /// <param name="cancellation">Stops waiting; the feedback may then be recorded or not.</param>
    /// <exception cref="TarnException">
    /// InvalidInput: the id is no UUID, nothing is said of the prediction, the score is no number, or a text has more than 10,000 characters. Unavailable: the topic cannot be written.
    /// </exception>
    public async Task<TopicOffset> RecordAsync(FeedbackRecord feedback, CancellationToken cancellation = default)
    {
        if (!Guid.TryParse(feedback.PredictionId, out var id))
        {
            throw TarnException.InvalidInput("Feedback names its prediction by the id that the answer gave.", feedback.PredictionId, "Send the answer's prediction_id.");
        }

        if (feedback is { Label: null, Correct: null, Score: null, Comment: null })
        {
            throw TarnException.InvalidInput("Feedback says something of its prediction.", feedback.PredictionId, "Give at least one of label, correct, score and comment.");
        }

        if (feedback.Score is { } score && !double.IsFinite(score))
        {
            throw TarnException.InvalidInput("A score is a finite number.", score.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        foreach (var (name, text) in ((string, string?)[])[("label", feedback.Label), ("comment", feedback.Comment), ("caller", feedback.Caller)])
        {
            if (text?.Length > MaxText)
            {
                throw TarnException.InvalidInput("A text of feedback has at most 10,000 characters.", FormattableString.Invariant($"{name} has {text.Length}"), "Shorten it.");
            }
        }

        return (await _topic.ProduceAsync([feedback with { PredictionId = id.ToString("n") }], new ProduceOptions<FeedbackRecord> { Timestamp = static f => f.At }, cancellation).ConfigureAwait(false))[0];
    }
}
