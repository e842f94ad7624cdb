using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>Gives every logger of the program a second end: what services log while a task's code calls them is stored with its attempt.</summary>
[ProviderAlias("PipelineRuns")]
internal sealed class AttemptLoggerProvider : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new AmbientLogger(categoryName);

    public void Dispose()
    {
    }

    private sealed class AmbientLogger(string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and < LogLevel.None && AttemptLog.Current.Value is not null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                AttemptLog.Current.Value!.Append(logLevel, category, formatter(state, exception), exception, LogFields.Of(state));
            }
        }
    }
}
