using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines.Tests;

/// <summary>Keeps what the program logs.</summary>
internal sealed class RecordingLoggerProvider : ILoggerProvider
{
    private readonly Lock _gate = new();
    private readonly List<(LogLevel Level, int Event, string Text)> _lines = [];

    public IReadOnlyList<(LogLevel Level, int Event, string Text)> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => new Recorder(this);

    public void Dispose()
    {
    }

    private sealed class Recorder(RecordingLoggerProvider provider) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (provider._gate)
            {
                provider._lines.Add((logLevel, eventId.Id, formatter(state, exception) + exception));
            }
        }
    }
}
