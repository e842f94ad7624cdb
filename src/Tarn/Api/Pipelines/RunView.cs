using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tarn;

/// <summary>A span of time, the end not in it.</summary>
internal sealed record IntervalView(DateTimeOffset Start, DateTimeOffset End);

/// <summary>A run, in short.</summary>
internal record RunView
{
    /// <summary>Its id; ids sort by the time at which the runs were made.</summary>
    public required string Id { get; init; }

    /// <summary>The pipeline's name.</summary>
    public required string Pipeline { get; init; }

    /// <summary>Why it was made: scheduled, manual, backfill, catch_up, data, repair or sub_pipeline.</summary>
    public required string Trigger { get; init; }

    /// <summary>Where it is: queued, running, success, failed or cancelled.</summary>
    public required string State { get; init; }

    /// <summary>The date that names it.</summary>
    public required DateTimeOffset LogicalDate { get; init; }

    /// <summary>The span of time whose data it is about.</summary>
    public required IntervalView DataInterval { get; init; }

    /// <summary>When it was made, or put back by a retry.</summary>
    public required DateTimeOffset QueuedAt { get; init; }

    /// <summary>When its first task could start, or null before that.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended, or null before that.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>From start to end in milliseconds.</summary>
    public double? DurationMs { get; init; }

    /// <summary>Why it failed, in one line, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Its parameters; null where the pipeline has none.</summary>
    public JsonElement? Parameters { get; init; }

    /// <summary>Of a repair and of a run by data: what moved; else null.</summary>
    public JsonElement? Cause { get; init; }

    /// <summary>Of a sub-pipeline's run: the run that waits for it; else null.</summary>
    public string? Parent { get; init; }

    /// <summary>The backfill that made it, or null.</summary>
    public string? Backfill { get; init; }

    /// <summary>Whether it had not succeeded in the time that it had.</summary>
    public bool SlaMissed { get; init; }

    /// <summary>The version of the definition that it ran, or last ran, with.</summary>
    public string? DefinitionHash { get; init; }

    /// <summary>The states in which nothing more happens.</summary>
    public static bool IsEnd(string state) => state is "success" or "failed" or "cancelled";
}

/// <summary>A run with its tasks.</summary>
internal sealed record RunDetailsView : RunView
{
    /// <summary>For reading.</summary>
    [JsonConstructor]
    public RunDetailsView()
    {
    }

    /// <summary>A run with its tasks.</summary>
    [SetsRequiredMembers]
    public RunDetailsView(RunView run, IReadOnlyList<RunTaskView> tasks)
        : base(run) => Tasks = tasks;

    /// <summary>Its tasks in the order of their definition, the calls of mapped ones among them.</summary>
    public IReadOnlyList<RunTaskView> Tasks { get; init; } = [];
}

/// <summary>A task of a run, or a call of a mapped task.</summary>
internal sealed record RunTaskView(string Name, IReadOnlyList<string> After, string State, DateTimeOffset? RetryAt, IReadOnlyList<AttemptView> Attempts)
{
    /// <summary>What it is.</summary>
    public string Kind { get; init; } = "task";

    /// <summary>Why it ended as it did, where no attempt says so; else null.</summary>
    public string? Note { get; init; }

    /// <summary>What it returned, where that is kept; else null.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>Of a call of a mapped task: the task; else null.</summary>
    public string? MappedTask { get; init; }

    /// <summary>Of a call of a mapped task: the index of its item; else null.</summary>
    public int? Item { get; init; }

    /// <summary>Of a call of a mapped task: the item; else null.</summary>
    public JsonElement? ItemValue { get; init; }

    /// <summary>Of a sub-pipeline: the run that it waits, or waited, for; else null.</summary>
    public string? SubRun { get; init; }
}

/// <summary>An attempt at a task.</summary>
internal sealed record AttemptView(
    int Number,
    string State,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    double? DurationMs,
    string? Error,
    IReadOnlyDictionary<string, JsonElement> Reported)
{
    /// <summary>The node that ran it; null where it waits for one.</summary>
    public string? Worker { get; init; }
}

/// <summary>A line that an attempt logged.</summary>
internal sealed record LogLineView(long Seq, DateTimeOffset At, string Task, int Attempt, string Level, string Message, string? Exception)
{
    /// <summary>The logger's category.</summary>
    public string? Category { get; init; }

    /// <summary>The values that the message was made of, by the names in its template; null where there are none.</summary>
    public IReadOnlyDictionary<string, string?>? Fields { get; init; }
}

/// <summary>A version of a pipeline's definition.</summary>
/// <param name="Hash">Its hash, as runs carry it.</param>
/// <param name="FirstSeen">When a process first started with it.</param>
/// <param name="Current">Whether runs are made by it now.</param>
/// <param name="Definition">Schedule, parameters and tasks.</param>
internal sealed record PipelineVersionView(string Hash, DateTimeOffset FirstSeen, bool Current, JsonElement Definition);

/// <summary>The last event of a log stream: how the run ended.</summary>
internal sealed record LogEndView(string RunId, string State);
