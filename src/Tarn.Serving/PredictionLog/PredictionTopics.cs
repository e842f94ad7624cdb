using Tarn.Core;
using Tarn.Log;

namespace Tarn.Serving;

/// <summary>The topics of predictions and of feedback, and the tables that they are kept in.</summary>
public static class PredictionTopics
{
    /// <summary>The name of the topic of predictions.</summary>
    public const string PredictionsName = "predictions";

    /// <summary>The name of the topic of feedback.</summary>
    public const string FeedbackName = "feedback";

    /// <summary>The table of predictions.</summary>
    public const string PredictionsTable = "gold.predictions";

    /// <summary>The table of feedback.</summary>
    public const string FeedbackTable = "gold.feedback";

    /// <summary>What the topics are made of where they do not exist: a partition, kept for 7 days, durable at each append, records of up to 16 MiB.</summary>
    public static TopicOptions Options { get; } = new() { MaxRecordBytes = 16 << 20 };

    /// <summary>The topic of predictions; each is keyed by its id.</summary>
    /// <param name="log">The log.</param>
    /// <param name="name">Its name.</param>
    public static Topic<PredictionRecord> Predictions(TopicLog log, string name = PredictionsName) => new(log, name, static p => p.PredictionId, PredictionJson.Written.Options);

    /// <summary>The topic of feedback, keyed by the prediction's id.</summary>
    /// <param name="log">The log.</param>
    /// <param name="name">Its name.</param>
    public static Topic<FeedbackRecord> Feedback(TopicLog log, string name = FeedbackName) => new(log, name, static f => f.PredictionId, PredictionJson.Written.Options);

    /// <summary>The topic as it is; made where it does not exist. One that exists keeps its options.</summary>
    internal static async Task<TopicDescription> EnsureAsync(TopicLog log, string name, CancellationToken cancellation)
    {
        try
        {
            return await log.DescribeTopicAsync(name, cancellation).ConfigureAwait(false);
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
        {
            return await log.CreateTopicAsync(name, Options, cancellation).ConfigureAwait(false);
        }
    }
}
