using System.Globalization;
using Tarn.Core;
using Tarn.Registry;

namespace Tarn;

/// <summary>What the registry has, as the API says it.</summary>
internal static class RegistryViews
{
    public static ExperimentView Of(Experiment e, ExperimentActivity? activity) => new(
        Id(e.Id), e.Name, Name(e.State), e.ArtifactLocation, e.CreatedAt, e.UpdatedAt, e.Tags, activity?.Runs ?? 0, activity?.Running ?? 0, activity?.LastStartedAt);

    public static TrainingRunView Of(TrainingRun r) => new(
        r.Id,
        Id(r.ExperimentId),
        r.Name,
        r.User,
        r.Status.ToString().ToLowerInvariant(),
        Name(r.State),
        r.StartedAt,
        r.EndedAt,
        r.EndedAt is { } ended ? (ended - r.StartedAt).TotalMilliseconds : null,
        Dictionary(r.Params),
        [.. r.Metrics.Select(static m => new MetricView(m.Name, m.Value, m.Step, DateTimeOffset.FromUnixTimeMilliseconds(m.TimestampMs)))],
        Dictionary(r.Tags),
        [.. r.Inputs.Select(static i => new RunInputView(i.Name, i.Digest, i.SourceType, i.Source, i.Tags))],
        r.ArtifactLocation);

    public static MetricCurveView Of(MetricCurve c, string metric) => new(
        c.RunId, metric, [.. c.Points.Select(static p => new MetricPointView(p.Step, p.Value, DateTimeOffset.FromUnixTimeMilliseconds(p.TimestampMs)))]);

    public static ArtifactView Of(ArtifactEntry a, string within) => new(within.Length == 0 ? a.Path : $"{within}/{a.Path}", a.IsFolder, a.Size);

    public static RegisteredModelView Of(RegisteredModel m) => new(
        m.Name, m.Description, m.CreatedAt, m.UpdatedAt, m.LastVersion, m.Aliases.ToDictionary(StringComparer.Ordinal), Dictionary(m.Tags));

    public static ModelVersionView Of(ModelVersion v) => new(
        v.Model,
        v.Version,
        v.Source,
        v.RunId,
        v.Description,
        v.User,
        v.Stage,
        v.Aliases,
        Dictionary(v.Tags),
        [.. v.Files.Select(static f => new ModelFileView(f.Path, f.Size, f.Sha256))],
        v.DownloadUri,
        v.CreatedAt,
        v.UpdatedAt);

    public static LedgerEntryView Of(LedgerEntry e) => new(
        e.Number,
        e.Model,
        e.Alias,
        e.Kind switch { LedgerKind.Set => "set", LedgerKind.RolledBack => "rolled_back", LedgerKind.Removed => "removed", _ => "kept" },
        e.From,
        e.To,
        e.Candidate,
        e.At,
        e.Who,
        e.Reason,
        e.Verdict);

    /// <summary>Which of deleted and others are wanted.</summary>
    public static LifecycleView View(string? text) => text switch
    {
        null or "" or "active" => LifecycleView.Active,
        "deleted" => LifecycleView.Deleted,
        "all" => LifecycleView.All,
        _ => throw TarnException.InvalidInput("view is one of active, deleted, all.", text),
    };

    /// <summary>The offset that a page's token says.</summary>
    public static long Offset(string? token) => string.IsNullOrEmpty(token) ? 0
        : long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset
        : throw TarnException.InvalidInput("pageToken is the nextPageToken of the page before.", token);

    public static string? Token(long? offset) => offset?.ToString(CultureInfo.InvariantCulture);

    private static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);

    private static string Name(LifecycleState state) => state == LifecycleState.Deleted ? "deleted" : "active";

    private static Dictionary<string, string> Dictionary(IEnumerable<KeyValuePair<string, string>> pairs) => pairs.ToDictionary(StringComparer.Ordinal);
}
