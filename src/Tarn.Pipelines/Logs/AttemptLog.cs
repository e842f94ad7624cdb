using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>The log of the attempt whose code runs in the current asynchronous flow.</summary>
internal sealed class AttemptLog(AttemptListener listener)
{
    /// <summary>The attempt whose code the current asynchronous flow runs, or null.</summary>
    public static AsyncLocal<AttemptLog?> Current { get; } = new();

    public void Append(LogLevel level, string category, string message, Exception? exception, string? fields) =>
        listener.Log(level, category, message, exception?.ToString(), fields);
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
