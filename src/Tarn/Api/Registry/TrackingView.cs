namespace Tarn;

/// <summary>An experiment, with what its runs do.</summary>
internal sealed record ExperimentView(
    string Id,
    string Name,
    string State,
    string ArtifactLocation,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    IReadOnlyDictionary<string, string> Tags,
    long Runs,
    long RunningRuns,
    DateTimeOffset? LastStartedAt);

/// <summary>A metric's point; its value may be "NaN", "Infinity" or "-Infinity".</summary>
internal sealed record MetricView(string Name, double Value, long Step, DateTimeOffset At);

/// <summary>A dataset that a run read.</summary>
internal sealed record RunInputView(string Name, string Digest, string SourceType, string Source, IReadOnlyDictionary<string, string> Tags);

/// <summary>A model version that was made of a run.</summary>
internal sealed record RunModelView(string Model, long Version, IReadOnlyList<string> Aliases);

/// <summary>A training run; its status is <c>running</c>, <c>scheduled</c>, <c>finished</c>, <c>failed</c> or <c>killed</c>.</summary>
internal sealed record TrainingRunView(
    string Id,
    string ExperimentId,
    string Name,
    string User,
    string Status,
    string State,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    double? DurationMs,
    IReadOnlyDictionary<string, string> Params,
    IReadOnlyList<MetricView> Metrics,
    IReadOnlyDictionary<string, string> Tags,
    IReadOnlyList<RunInputView> Inputs,
    string ArtifactLocation);

/// <summary>Training runs, and the token of the next page where there is one.</summary>
internal sealed record TrainingRunsView(IReadOnlyList<TrainingRunView> Runs, string? NextPageToken);

/// <summary>A training run with the model versions that were made of it.</summary>
internal sealed record TrainingRunDetailsView(TrainingRunView Run, IReadOnlyList<RunModelView> Models);

/// <summary>A metric of a run, for a chart, by step.</summary>
internal sealed record MetricCurveView(string RunId, string Metric, IReadOnlyList<MetricPointView> Points);

/// <summary>A point of a curve.</summary>
internal sealed record MetricPointView(long Step, double Value, DateTimeOffset At);

/// <summary>A file or folder.</summary>
internal sealed record ArtifactView(string Path, bool IsFolder, long? Size);
