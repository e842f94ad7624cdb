using System.Text.Json;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>A row of pipeline_run, as Dapper reads it.</summary>
internal sealed class RunRow
{
    public const string Columns =
        "seq, id, pipeline, definition, trigger, state, logical_date AS LogicalDate, interval_start AS IntervalStart, interval_end AS IntervalEnd, " +
        "queued_at AS QueuedAt, started_at AS StartedAt, ended_at AS EndedAt, error, cancel_requested AS CancelRequested, parameters, cause, parent, parent_task AS ParentTask, backfill, sources, sla_missed AS SlaMissed, retried, callers, recompute, had_failed AS HadFailed";

    public long Seq { get; set; }

    public string Id { get; set; } = "";

    public string Pipeline { get; set; } = "";

    public string Definition { get; set; } = "";

    public string Trigger { get; set; } = "";

    public string State { get; set; } = "";

    public long LogicalDate { get; set; }

    public long IntervalStart { get; set; }

    public long IntervalEnd { get; set; }

    public long QueuedAt { get; set; }

    public long? StartedAt { get; set; }

    public long? EndedAt { get; set; }

    public string? Error { get; set; }

    public long CancelRequested { get; set; }

    public string? Parameters { get; set; }

    public string? Cause { get; set; }

    public string? Parent { get; set; }

    public string? ParentTask { get; set; }

    public string? Backfill { get; set; }

    public string? Sources { get; set; }

    public long SlaMissed { get; set; }

    /// <summary>How often it was put back into the queue after its end.</summary>
    public long Retried { get; set; }

    /// <summary>Of a sub-pipeline's run: the tasks that call it, from the topmost run on, as in <c>daily.load&gt;regions.each</c>.</summary>
    public string? Callers { get; set; }

    /// <summary>Whether its tasks take nothing from the cache: the run repairs or fills what others have computed before, and so do the sub-pipelines that it calls.</summary>
    public long Recompute { get; set; }

    /// <summary>Whether it had failed before it was tried again.</summary>
    public long HadFailed { get; set; }

    public DataInterval Interval => new(Instant.FromMicroseconds(IntervalStart), Instant.FromMicroseconds(IntervalEnd));

    public RunSummary Summary() => new(
        Id,
        Pipeline,
        StateNames.TriggerOf(Trigger),
        StateNames.FindRunState(State) ?? throw TarnException.Corrupt("A run's state is one of the known ones.", State),
        Instant.FromMicroseconds(LogicalDate),
        Interval,
        Instant.FromMicroseconds(QueuedAt),
        StartedAt is { } started ? Instant.FromMicroseconds(started) : null,
        EndedAt is { } ended ? Instant.FromMicroseconds(ended) : null,
        Error,
        Definition)
    {
        Parameters = JsonOf(Parameters),
        Cause = JsonOf(Cause),
        Parent = Parent,
        Backfill = Backfill,
        SlaMissed = SlaMissed != 0,
    };

    private static JsonElement? JsonOf(string? text) => text is null ? null : JsonSerializer.Deserialize<JsonElement>(text);
}

/// <summary>A row of pipeline_task, as Dapper reads it.</summary>
internal sealed class TaskRow
{
    public const string Columns =
        "run, name, ordinal, after, state, attempts, tries, orphans, retry_at AS RetryAt, task, item, item_value AS ItemValue, kind, result, note, child_run AS ChildRun, since";

    public long Run { get; set; }

    public string Name { get; set; } = "";

    public long Ordinal { get; set; }

    public string After { get; set; } = "[]";

    public string State { get; set; } = "";

    public long Attempts { get; set; }

    public long Tries { get; set; }

    public long Orphans { get; set; }

    public long? RetryAt { get; set; }

    public string? Task { get; set; }

    public long? Item { get; set; }

    public string? ItemValue { get; set; }

    public string? Kind { get; set; }

    public string? Result { get; set; }

    public string? Note { get; set; }

    public string? ChildRun { get; set; }

    public long? Since { get; set; }

    public string[] AfterNames() => JsonSerializer.Deserialize<string[]>(After) ?? [];
}

/// <summary>A row of task_attempt, as Dapper reads it.</summary>
internal sealed class AttemptRow
{
    public const string Columns = "task, number, state, started_at AS StartedAt, ended_at AS EndedAt, error, reported, worker";

    private static readonly IReadOnlyDictionary<string, JsonElement> Nothing = new Dictionary<string, JsonElement>();

    public string Task { get; set; } = "";

    public long Number { get; set; }

    public string State { get; set; } = "";

    public long StartedAt { get; set; }

    public long? EndedAt { get; set; }

    public string? Error { get; set; }

    public string? Reported { get; set; }

    public string? Worker { get; set; }

    public AttemptDetails Details() => new(
        (int)Number,
        StateNames.AttemptStateOf(State),
        Instant.FromMicroseconds(StartedAt),
        EndedAt is { } ended ? Instant.FromMicroseconds(ended) : null,
        Error,
        Reported is { } json ? JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json) ?? Nothing : Nothing)
    {
        Worker = Worker,
    };
}

/// <summary>A row of pipeline, as Dapper reads it.</summary>
internal sealed class PipelineRow
{
    public const string Columns = "name, definition, paused, registered_at AS RegisteredAt, scheduled_until AS ScheduledUntil";

    public string Name { get; set; } = "";

    public string Definition { get; set; } = "";

    public long Paused { get; set; }

    public long RegisteredAt { get; set; }

    public long? ScheduledUntil { get; set; }
}

/// <summary>A row of task_log, as Dapper reads it.</summary>
internal sealed class LogRow
{
    public const string Columns = "seq, at, task, attempt, level, category, message, exception, fields";

    public long Seq { get; set; }

    public long At { get; set; }

    public string Task { get; set; } = "";

    public long Attempt { get; set; }

    public long Level { get; set; }

    public string Category { get; set; } = "";

    public string Message { get; set; } = "";

    public string? Exception { get; set; }

    public string? Fields { get; set; }

    public AttemptLogLine Line() => new(
        Seq, Instant.FromMicroseconds(At), Task, (int)Attempt, (Microsoft.Extensions.Logging.LogLevel)Level, Category, Message, Exception, Fields);
}
