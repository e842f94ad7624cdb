using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>
/// The port through which the code of an attempt is run: in this process, in a process of its own, or elsewhere. An executor is chosen per task by name.
/// </summary>
/// <remarks>
/// The contract: <see cref="ExecuteAsync"/> runs the attempt's code exactly once and returns how it ended; it does not throw for what the code does. When the token is cancelled it tells the code to stop, and returns
/// only when the code has stopped for certain (an executor that can kill, kills after a grace): the orchestrator makes the next attempt as soon as it has returned. What the code logs and reports goes to the listener while it runs.
/// </remarks>
public abstract class TaskExecutor
{
    /// <summary>Its name, as <see cref="TaskSettings.Executor"/> takes it.</summary>
    public abstract string Name { get; }

    /// <summary>Runs the code of an attempt.</summary>
    /// <param name="order">What to run, and with what.</param>
    /// <param name="listener">Hears what the code logs and reports.</param>
    /// <param name="cancellation">Cancelled by the run's cancellation, the attempt's time-out, and the end of the process.</param>
    public abstract Task<AttemptReport> ExecuteAsync(AttemptOrder order, AttemptListener listener, CancellationToken cancellation);
}

/// <summary>One attempt to run: all that its code needs to know, in a form that can be sent elsewhere.</summary>
public sealed record AttemptOrder
{
    /// <summary>The pipeline's name.</summary>
    public required string Pipeline { get; init; }

    /// <summary>The name of the task's definition.</summary>
    public required string Task { get; init; }

    /// <summary>The name in the run: the task's, for a call of a mapped task with the item's index.</summary>
    public required string Name { get; init; }

    /// <summary>The run's id.</summary>
    public required string RunId { get; init; }

    /// <summary>The run's number: runs made later have greater ones.</summary>
    public required long RunNumber { get; init; }

    /// <summary>
    /// Whose writes its table writes are, as their transactions' application: pipeline, data interval (of a run without one, the run) and task; where there are any, the tasks of other pipelines that call
    /// this one, and a digest of the parameters, as runs of one interval that differ in them may go on at the same time.
    /// </summary>
    public required string WriteId { get; init; }

    /// <summary>
    /// The version of the transactions that its table writes carry: the same for all attempts of a run, greater for runs made later, also by a metadata store made later.
    /// </summary>
    public required long WriteVersion { get; init; }

    /// <summary>The attempt's number, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>When the run was made.</summary>
    public required DateTimeOffset QueuedAt { get; init; }

    /// <summary>The run's logical date.</summary>
    public required DateTimeOffset LogicalDate { get; init; }

    /// <summary>The run's data interval.</summary>
    public required DataInterval DataInterval { get; init; }

    /// <summary>Why the run was made.</summary>
    public required RunTrigger Trigger { get; init; }

    /// <summary>When the first attempt at the task started.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The item of a call of a mapped task as JSON, or null.</summary>
    public string? Item { get; init; }

    /// <summary>What the tasks before it returned, as JSON, by full name.</summary>
    public IReadOnlyDictionary<string, string> Results { get; init; } = new Dictionary<string, string>();

    /// <summary>The run's parameters as a JSON object, or null.</summary>
    public string? Parameters { get; init; }

    /// <summary>The most memory that the code may have, in bytes, where it has a process of its own; null for no limit.</summary>
    public long? MemoryLimit { get; init; }
}

/// <summary>How the code of an attempt ended.</summary>
public sealed record AttemptReport
{
    /// <summary>The end.</summary>
    public required AttemptEnding Ending { get; init; }

    /// <summary>Why, in one line; null where it succeeded.</summary>
    public string? Error { get; init; }

    /// <summary>The shortest delay before the next attempt, or null.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Where it was deferred: how long until its code is called again.</summary>
    public TimeSpan? DeferFor { get; init; }

    /// <summary>What the code returned as JSON, where somebody wants it; else null.</summary>
    public string? Result { get; init; }

    /// <summary>The code returned.</summary>
    public static AttemptReport Success(string? result) => new() { Ending = AttemptEnding.Success, Result = result };
}

/// <summary>How the code of an attempt ended.</summary>
public enum AttemptEnding
{
    /// <summary>It returned.</summary>
    Success,

    /// <summary>It threw, or died: it is tried again while retries are left.</summary>
    Failed,

    /// <summary>It failed in a way that no retry can mend.</summary>
    FailedForGood,

    /// <summary>It chose to be skipped.</summary>
    Skipped,

    /// <summary>It waits for something outside: its code is called again later, as the same attempt.</summary>
    Deferred,
}

/// <summary>Hears what the code of an attempt says while it runs. Safe for use from several threads.</summary>
public abstract class AttemptListener
{
    /// <summary>A line of the attempt's log.</summary>
    public abstract void Log(LogLevel level, string category, string message, string? exception, string? fields);

    /// <summary>A value that the code reported.</summary>
    public abstract void Report(string name, JsonElement value);
}
