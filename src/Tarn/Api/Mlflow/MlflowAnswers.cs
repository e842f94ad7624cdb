using System.Text.Json.Serialization;

namespace Tarn;

/// <summary>A name and a value.</summary>
internal sealed record MlflowPair(string Key, string Value);

/// <summary>An error.</summary>
internal sealed record MlflowErrorAnswer(string ErrorCode, string Message);

/// <summary>An answer that says nothing.</summary>
internal sealed record MlflowEmpty;

/// <summary>An experiment.</summary>
internal sealed record MlflowExperiment(
    string ExperimentId, string Name, string ArtifactLocation, string LifecycleStage, long LastUpdateTime, long CreationTime, IReadOnlyList<MlflowPair>? Tags);

/// <summary>The id of an experiment.</summary>
internal sealed record MlflowExperimentId(string ExperimentId);

/// <summary>One experiment.</summary>
internal sealed record MlflowExperimentAnswer(MlflowExperiment Experiment);

/// <summary>Experiments.</summary>
internal sealed record MlflowExperimentsAnswer(IReadOnlyList<MlflowExperiment>? Experiments, string? NextPageToken);

/// <summary>What a run is.</summary>
internal sealed record MlflowRunInfo(
    string RunId, string RunUuid, string RunName, string ExperimentId, string UserId, string Status, long StartTime, long? EndTime, string ArtifactUri, string LifecycleStage);

/// <summary>A point of a metric.</summary>
internal sealed record MlflowMetric(string Key, double Value, long Timestamp, long Step, string? RunId = null);

/// <summary>What was logged to a run.</summary>
internal sealed record MlflowRunData(IReadOnlyList<MlflowMetric>? Metrics, IReadOnlyList<MlflowPair>? Params, IReadOnlyList<MlflowPair>? Tags);

/// <summary>A dataset.</summary>
internal sealed record MlflowDataset(string Name, string Digest, string SourceType, string Source, string? Schema, string? Profile);

/// <summary>A dataset that a run read.</summary>
internal sealed record MlflowDatasetInput(IReadOnlyList<MlflowPair>? Tags, MlflowDataset Dataset);

/// <summary>What a run read.</summary>
internal sealed record MlflowRunInputs(IReadOnlyList<MlflowDatasetInput>? DatasetInputs);

/// <summary>A run.</summary>
internal sealed record MlflowRun(MlflowRunInfo Info, MlflowRunData Data, MlflowRunInputs Inputs);

/// <summary>One run.</summary>
internal sealed record MlflowRunAnswer(MlflowRun Run);

/// <summary>What a changed run is.</summary>
internal sealed record MlflowRunInfoAnswer(MlflowRunInfo RunInfo);

/// <summary>Runs.</summary>
internal sealed record MlflowRunsAnswer(IReadOnlyList<MlflowRun>? Runs, string? NextPageToken);

/// <summary>Points of a metric.</summary>
internal sealed record MlflowMetricsAnswer(IReadOnlyList<MlflowMetric>? Metrics, string? NextPageToken);

/// <summary>A file or folder.</summary>
internal sealed record MlflowFile(string Path, bool IsDir, long? FileSize);

/// <summary>Files and folders.</summary>
internal sealed record MlflowFilesAnswer(string? RootUri, IReadOnlyList<MlflowFile>? Files);

/// <summary>An alias.</summary>
internal sealed record MlflowAlias(string Alias, string Version);

/// <summary>A model version.</summary>
internal sealed record MlflowVersion(
    string Name,
    string Version,
    long CreationTimestamp,
    long LastUpdatedTimestamp,
    string? UserId,
    string CurrentStage,
    string? Description,
    string Source,
    string? RunId,
    string Status,
    string? RunLink,
    IReadOnlyList<MlflowPair>? Tags,
    IReadOnlyList<string>? Aliases);

/// <summary>A registered model.</summary>
internal sealed record MlflowModel(
    string Name,
    long CreationTimestamp,
    long LastUpdatedTimestamp,
    string? Description,
    IReadOnlyList<MlflowVersion>? LatestVersions,
    IReadOnlyList<MlflowPair>? Tags,
    IReadOnlyList<MlflowAlias>? Aliases);

/// <summary>One registered model.</summary>
internal sealed record MlflowModelAnswer(MlflowModel RegisteredModel);

/// <summary>Registered models.</summary>
internal sealed record MlflowModelsAnswer(IReadOnlyList<MlflowModel>? RegisteredModels, string? NextPageToken);

/// <summary>One model version.</summary>
internal sealed record MlflowVersionAnswer(MlflowVersion ModelVersion);

/// <summary>Model versions.</summary>
internal sealed record MlflowVersionsAnswer(IReadOnlyList<MlflowVersion>? ModelVersions, string? NextPageToken);

/// <summary>Where a version's files are.</summary>
internal sealed record MlflowUriAnswer(string ArtifactUri);

/// <summary>JSON as MLflow's servers write it: names in snake case, what is empty left out, 64-bit numbers as numbers.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(MlflowErrorAnswer))]
[JsonSerializable(typeof(MlflowEmpty))]
[JsonSerializable(typeof(MlflowExperimentId))]
[JsonSerializable(typeof(MlflowExperimentAnswer))]
[JsonSerializable(typeof(MlflowExperimentsAnswer))]
[JsonSerializable(typeof(MlflowRunAnswer))]
[JsonSerializable(typeof(MlflowRunInfoAnswer))]
[JsonSerializable(typeof(MlflowRunsAnswer))]
[JsonSerializable(typeof(MlflowMetricsAnswer))]
[JsonSerializable(typeof(MlflowFilesAnswer))]
[JsonSerializable(typeof(MlflowModelAnswer))]
[JsonSerializable(typeof(MlflowModelsAnswer))]
[JsonSerializable(typeof(MlflowVersionAnswer))]
[JsonSerializable(typeof(MlflowVersionsAnswer))]
[JsonSerializable(typeof(MlflowUriAnswer))]
internal sealed partial class MlflowJson : JsonSerializerContext;
