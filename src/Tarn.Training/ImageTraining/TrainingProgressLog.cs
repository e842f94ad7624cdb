using Microsoft.Extensions.Logging;

namespace Tarn.Training;

/// <summary>What a training says of itself on the way.</summary>
internal static partial class TrainingProgressLog
{
    [LoggerMessage(8300, LogLevel.Information, "Dataset {Table} version {Version}: {Train} images to learn from, {Validation} to choose by, {Test} to judge by, of {Classes}")]
    public static partial void Dataset(ILogger log, string table, long version, int train, int validation, int test, string classes);

    [LoggerMessage(8301, LogLevel.Warning, "{Finding}")]
    public static partial void Finding(ILogger log, string finding);

    [LoggerMessage(8302, LogLevel.Information, "Embedding by {Backbone}: {Done} of {Total}, {Kept} of them kept from before")]
    public static partial void Embedding(ILogger log, string backbone, int done, int total, int kept);

    [LoggerMessage(8303, LogLevel.Information, "Trial {Trial}: cross-validated log loss {Loss} ({Parameters})")]
    public static partial void Trial(ILogger log, int trial, double loss, string parameters);

    [LoggerMessage(8304, LogLevel.Warning, "Trial {Trial} failed: {Reason} ({Parameters})")]
    public static partial void TrialFailed(ILogger log, int trial, string? reason, string parameters);

    [LoggerMessage(8305, LogLevel.Information, "Chosen of {Trials} trials ({Resumed} made before): {Backbone}, cross-validated log loss {Loss}, accuracy {Accuracy}")]
    public static partial void Chosen(ILogger log, int trials, int resumed, string backbone, double loss, double accuracy);

    [LoggerMessage(8306, LogLevel.Information, "Training run {Run} goes on in experiment {Experiment}")]
    public static partial void Run(ILogger log, string run, string experiment);

    [LoggerMessage(8307, LogLevel.Information, "Trained {Epochs} epochs, the best was {Best}; temperature {Temperature}")]
    public static partial void Trained(ILogger log, int epochs, int best, double temperature);

    [LoggerMessage(8308, LogLevel.Information, "Test accuracy {Accuracy} ({Lower} to {Upper}) on {Rows} images; the exported model differs from the trainer by {Difference} at most")]
    public static partial void Evaluated(ILogger log, double accuracy, double lower, double upper, long rows, double difference);

    [LoggerMessage(8309, LogLevel.Information, "Registered as {Model} version {Version}")]
    public static partial void Registered(ILogger log, string model, long version);

    [LoggerMessage(8310, LogLevel.Information, "The gate: {Reason}")]
    public static partial void Judged(ILogger log, string reason);

    [LoggerMessage(8311, LogLevel.Information, "{Model} version {Version} is champion now")]
    public static partial void Promoted(ILogger log, string model, long version);

    [LoggerMessage(8312, LogLevel.Information, "{Model} version {Version} is kept out; the champion stays")]
    public static partial void Kept(ILogger log, string model, long version);
}
