using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>The log of one attempt: takes lines until the attempt's share is used up, then counts.</summary>
internal sealed class AttemptLog(LogBuffer buffer, TimeProvider time, long run, string runId, string task, int attempt, int limit)
{
    private const int LongestText = 32 * 1024;

    private int _lines;

    /// <summary>The attempt whose code the current asynchronous flow runs, or null.</summary>
    public static AsyncLocal<AttemptLog?> Current { get; } = new();

    public void Append(LogLevel level, string category, string message, Exception? exception, string? fields)
    {
        var lines = Interlocked.Increment(ref _lines);
        if (lines <= limit)
        {
            buffer.Append(new PendingLine(run, runId, task, attempt, time.GetUtcNow(), level, category, Cut(message), exception is null ? null : Cut(exception.ToString()), fields));
        }
    }

    /// <summary>Says how many lines were dropped, if any, as the last line.</summary>
    public void Close()
    {
        var dropped = Volatile.Read(ref _lines) - limit;
        if (dropped > 0)
        {
            var text = $"{dropped} further line(s) were dropped: an attempt keeps {limit} (Pipelines:LogLinesPerAttempt).";
            buffer.Append(new PendingLine(run, runId, task, attempt, time.GetUtcNow(), LogLevel.Warning, "Tarn.Pipelines", text, null, null));
        }
    }

    private static string Cut(string text) => text.Length <= LongestText ? text : string.Concat(text.AsSpan(0, LongestText), " … (cut)");
}

/// <summary>A line that waits to be stored.</summary>
internal sealed record PendingLine(
    long Run,
    string RunId,
    string Task,
    int Attempt,
    DateTimeOffset At,
    LogLevel Level,
    string Category,
    string Message,
    string? Exception,
    string? Fields)
{
    /// <summary>Its place among all lines of the process.</summary>
    public long Order { get; init; }
}
