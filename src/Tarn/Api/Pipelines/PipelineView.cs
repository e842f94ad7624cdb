using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tarn;

/// <summary>A pipeline: its definition, its schedule's next step, its last runs.</summary>
internal sealed record PipelineView(
    string Name,
    string? Description,
    string? Schedule,
    string TimeZone,
    bool CatchUp,
    bool Paused,
    PlannedRunView? NextRun,
    IReadOnlyList<RunView> LastRuns,
    IReadOnlyList<TaskView> Tasks,
    int MaxActiveRuns,
    int Retries,
    string DefinitionHash,
    IntervalTotalsView Intervals,
    IReadOnlyList<ParameterView> Parameters,
    IReadOnlyList<DataSourceView> TriggeredBy,
    IReadOnlyList<RepairSourceView> RepairedBy,
    double? SlaSeconds,
    double? RunTimeoutSeconds,
    int? MaxActiveTasks,
    IReadOnlyList<AlertRuleView> Alerts)
{
    /// <summary>Whether all of what it is triggered by has to move before it runs, rather than any.</summary>
    public bool TriggersOnAll { get; init; }
}

/// <summary>The run that the schedule makes next.</summary>
internal sealed record PlannedRunView(DateTimeOffset LogicalDate, DateTimeOffset Start, DateTimeOffset End, DateTimeOffset RunAfter);

/// <summary>A task of a pipeline's definition.</summary>
internal sealed record TaskView(
    string Name,
    string? Description,
    IReadOnlyList<string> After,
    string Kind,
    string Rule,
    string? Group,
    string Pool,
    int Slots,
    int Priority,
    int? MaxActive,
    int Retries,
    double? TimeoutSeconds,
    string? Over,
    string? SubPipeline,
    string? TeardownOf,
    bool DependsOnPast,
    bool MayFail,
    string Executor,
    bool Cached);

/// <summary>A parameter of a pipeline; schema is its JSON schema (2020-12).</summary>
internal sealed record ParameterView(string Name, bool Required, string? Description, JsonElement? Default, JsonNode Schema);

/// <summary>Data whose movement runs a pipeline; kind is table or topic.</summary>
internal sealed record DataSourceView(string Kind, string Name);

/// <summary>A table whose late rows repair a pipeline's past intervals.</summary>
internal sealed record RepairSourceView(string Table, double HorizonSeconds, int MaxActiveRuns);

/// <summary>Which of failure, retry, sla_missed and recovered are told through which channels; no channel means the default ones.</summary>
internal sealed record AlertRuleView(IReadOnlyList<string> Events, IReadOnlyList<string> Channels);

/// <summary>How the latest runs of the data intervals ended.</summary>
internal sealed record IntervalTotalsView(long Success, long Failed, long Cancelled, long Total);

/// <summary>What a run is asked for with; all of it optional.</summary>
/// <param name="LogicalDate">The run's logical date, ISO 8601, UTC unless an offset is given; default now.</param>
/// <param name="Parameters">The parameters as a JSON object, from name to value; those that are missing have their defaults.</param>
internal sealed record TriggerRequest(string? LogicalDate, JsonElement? Parameters = null);
