using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>One line that an attempt logged.</summary>
/// <param name="Sequence">Its place among all stored lines: later lines of a run have greater numbers; not contiguous within a run.</param>
/// <param name="At">When it was logged.</param>
/// <param name="Task">The task.</param>
/// <param name="Attempt">The attempt's number, from 1.</param>
/// <param name="Level">How severe it is.</param>
/// <param name="Category">The logger's category: the task's own, or that of the service that wrote it.</param>
/// <param name="Message">The message as formatted.</param>
/// <param name="Exception">The exception's text, or null.</param>
/// <param name="Fields">The message's named values as a JSON object, or null where it has none.</param>
public sealed record AttemptLogLine(
    long Sequence,
    DateTimeOffset At,
    string Task,
    int Attempt,
    LogLevel Level,
    string Category,
    string Message,
    string? Exception,
    string? Fields);

/// <summary>Which log lines of a run to read; what is null does not restrict. Lines are read in the order in which they were stored.</summary>
public sealed record LogFilter
{
    /// <summary>Only lines of this task; of a mapped one, those of all its calls.</summary>
    public string? Task { get; init; }

    /// <summary>Only lines of the attempt of this number.</summary>
    public int? Attempt { get; init; }

    /// <summary>Only lines after this sequence number; default 0, from the start.</summary>
    public long After { get; init; }

    /// <summary>At most so many; 1 to 10,000, default 1,000.</summary>
    public int Limit { get; init; } = 1000;
}
