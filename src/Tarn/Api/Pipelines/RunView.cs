using System.Text.Json;

namespace Tarn;

/// <summary>A span of time, the end not in it.</summary>
internal sealed record IntervalView(DateTimeOffset Start, DateTimeOffset End);

/// <summary>A run, in short.</summary>
internal record RunView(
    string Id,
    string Pipeline,
    string Trigger,
    string State,
    DateTimeOffset LogicalDate,
    IntervalView DataInterval,
    DateTimeOffset QueuedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    double? DurationMs,
    string? Error)
{
    /// <summary>The states in which nothing more happens.</summary>
    public static bool IsEnd(string state) => state is "success" or "failed" or "cancelled";
}

/// <summary>A run with its tasks.</summary>
internal sealed record RunDetailsView(
    string Id,
    string Pipeline,
    string Trigger,
    string State,
    DateTimeOffset LogicalDate,
    IntervalView DataInterval,
    DateTimeOffset QueuedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    double? DurationMs,
    string? Error,
    IReadOnlyList<RunTaskView> Tasks)
    : RunView(Id, Pipeline, Trigger, State, LogicalDate, DataInterval, QueuedAt, StartedAt, EndedAt, DurationMs, Error);

/// <summary>A task of a run.</summary>
internal sealed record RunTaskView(string Name, IReadOnlyList<string> After, string State, DateTimeOffset? RetryAt, IReadOnlyList<AttemptView> Attempts);

/// <summary>An attempt at a task.</summary>
internal sealed record AttemptView(
    int Number,
    string State,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    double? DurationMs,
    string? Error,
    IReadOnlyDictionary<string, JsonElement> Reported);

/// <summary>A line that an attempt logged.</summary>
internal sealed record LogLineView(long Seq, DateTimeOffset At, string Task, int Attempt, string Level, string Message, string? Exception);
