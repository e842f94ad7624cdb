using System.Globalization;
using Tarn.Registry;

namespace Tarn;

/// <summary>What the registry has, as MLflow says it.</summary>
internal static class MlflowViews
{
    public static MlflowExperiment Of(Experiment e) => new(
        Id(e.Id), e.Name, e.ArtifactLocation, Stage(e.State), e.UpdatedAt.ToUnixTimeMilliseconds(), e.CreatedAt.ToUnixTimeMilliseconds(), Pairs(e.Tags));

    public static MlflowRunInfo InfoOf(TrainingRun r) => new(
        r.Id, r.Id, r.Name, Id(r.ExperimentId), r.User, Status(r.Status), r.StartedAt.ToUnixTimeMilliseconds(), r.EndedAt?.ToUnixTimeMilliseconds(), r.ArtifactLocation, Stage(r.State));

    public static MlflowRun Of(TrainingRun r) => new(
        InfoOf(r),
        new MlflowRunData(OrNull(r.Metrics.Select(static m => Of(m))), Pairs(r.Params), Pairs(r.Tags)),
        new MlflowRunInputs(OrNull(r.Inputs.Select(static i => new MlflowDatasetInput(Pairs(i.Tags), new MlflowDataset(i.Name, i.Digest, i.SourceType, i.Source, i.Schema, i.Profile))))));

    public static MlflowMetric Of(Metric m, string? run = null) => new(m.Name, m.Value, m.TimestampMs, m.Step, run);

    public static MlflowModel Of(RegisteredModel m, IEnumerable<ModelVersion> latest) => new(
        m.Name,
        m.CreatedAt.ToUnixTimeMilliseconds(),
        m.UpdatedAt.ToUnixTimeMilliseconds(),
        OrNull(m.Description),
        OrNull(latest.Select(Of)),
        Pairs(m.Tags),
        OrNull(m.Aliases.Select(static a => new MlflowAlias(a.Key, Id(a.Value)))));

    public static MlflowVersion Of(ModelVersion v) => new(
        v.Model,
        Id(v.Version),
        v.CreatedAt.ToUnixTimeMilliseconds(),
        v.UpdatedAt.ToUnixTimeMilliseconds(),
        OrNull(v.User),
        v.Stage,
        OrNull(v.Description),
        v.Source,
        v.RunId,
        "READY",
        v.RunLink,
        Pairs(v.Tags),
        OrNull(v.Aliases));

    public static TrainingRunStatus? StatusOf(MlflowFields fields) => fields.Find("status") is not { } value ? null : (value.ValueKind == System.Text.Json.JsonValueKind.String ? value.GetString() : value.GetRawText()) switch
    {
        "RUNNING" or "1" => TrainingRunStatus.Running,
        "SCHEDULED" or "2" => TrainingRunStatus.Scheduled,
        "FINISHED" or "3" => TrainingRunStatus.Finished,
        "FAILED" or "4" => TrainingRunStatus.Failed,
        "KILLED" or "5" => TrainingRunStatus.Killed,
        var other => throw new MlflowFault(MlflowFault.Invalid, $"Invalid value {other} for parameter 'status' supplied: it is one of RUNNING, SCHEDULED, FINISHED, FAILED, KILLED."),
    };

    public static LifecycleView ViewOf(MlflowFields fields, string name) => fields.Find(name) is not { } value ? LifecycleView.Active : (value.ValueKind == System.Text.Json.JsonValueKind.String ? value.GetString() : value.GetRawText()) switch
    {
        "ACTIVE_ONLY" or "1" => LifecycleView.Active,
        "DELETED_ONLY" or "2" => LifecycleView.Deleted,
        "ALL" or "3" => LifecycleView.All,
        var other => throw new MlflowFault(MlflowFault.Invalid, $"Invalid value {other} for parameter '{name}' supplied: it is one of ACTIVE_ONLY, DELETED_ONLY, ALL."),
    };

    public static string Status(TrainingRunStatus status) => status.ToString().ToUpperInvariant();

    public static string Stage(LifecycleState state) => state == LifecycleState.Deleted ? "deleted" : "active";

    public static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);

    /// <summary>The id of an experiment; one that is no number names none.</summary>
    public static long ExperimentId(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        ? id
        : throw new MlflowFault(MlflowFault.Missing, $"No Experiment with id={(text.Length > 100 ? text[..100] : text)} exists");

    /// <summary>A version's number.</summary>
    public static long VersionNumber(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
        ? version
        : throw new MlflowFault(MlflowFault.Invalid, $"Model version must be an integer, got '{(text.Length > 100 ? text[..100] : text)}'");

    public static IReadOnlyList<T>? OrNull<T>(IEnumerable<T> items)
    {
        var list = items as IReadOnlyList<T> ?? [.. items];
        return list.Count == 0 ? null : list;
    }

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private static IReadOnlyList<MlflowPair>? Pairs(IEnumerable<KeyValuePair<string, string>> pairs) => OrNull(pairs.Select(static p => new MlflowPair(p.Key, p.Value)));
}
