using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>The logger of a <see cref="TaskContext"/>: its lines are stored with the attempt, and go on to the program's own log.</summary>
internal sealed class AttemptLogger(AttemptLog log, string category, ILogger program) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => program.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and < LogLevel.None || program.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        log.Append(logLevel, category, formatter(state, exception), exception, LogFields.Of(state));
        var current = AttemptLog.Current.Value;
        AttemptLog.Current.Value = null;
        program.Log(logLevel, eventId, state, exception, formatter);
        AttemptLog.Current.Value = current;
    }
}

/// <summary>The named values of a log message.</summary>
internal static class LogFields
{
    /// <summary>As a JSON object of texts, or null where the message has none.</summary>
    public static string? Of<TState>(TState state)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            return null;
        }

        Dictionary<string, string?>? fields = null;
        foreach (var (name, value) in values)
        {
            if (name != "{OriginalFormat}")
            {
                (fields ??= [])[name] = value is IFormattable formattable
                    ? formattable.ToString(null, System.Globalization.CultureInfo.InvariantCulture)
                    : value?.ToString();
            }
        }

        return fields is null ? null : JsonSerializer.Serialize(fields);
    }
}
