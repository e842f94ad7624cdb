using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Tarn;

/// <summary>Runs of a pipeline and the states of their tasks.</summary>
internal sealed record GridView(IReadOnlyList<GridTaskHeadView> Tasks, IReadOnlyList<GridRunView> Runs);

/// <summary>A task of the definition of now: a row of the grid.</summary>
internal sealed record GridTaskHeadView(string Name, string Kind, string? Group, IReadOnlyList<string> After);

/// <summary>A run with its tasks in short: a column of the grid.</summary>
internal sealed record GridRunView : RunView
{
    /// <summary>For reading.</summary>
    [JsonConstructor]
    public GridRunView()
    {
    }

    /// <summary>A run with its tasks.</summary>
    [SetsRequiredMembers]
    public GridRunView(RunView run, IReadOnlyList<GridTaskView> tasks)
        : base(run) => Tasks = tasks;

    /// <summary>Its tasks in the order of the definition that it ran with.</summary>
    public IReadOnlyList<GridTaskView> Tasks { get; init; } = [];
}

/// <summary>A task of a run in short; the calls of a mapped one are summed up by state.</summary>
internal sealed record GridTaskView(
    string Name,
    string State,
    int Attempts,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    double? DurationMs,
    string? Note,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, int>? Calls);
