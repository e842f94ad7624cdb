using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Tarn.Serving.Tests;

/// <summary>What a server logged, by event.</summary>
internal sealed class GrpcTestLog : ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> _events = new();

    /// <summary>How often an event was logged.</summary>
    public int Count(int id) => _events.Count(e => e.Id == id);

    /// <summary>All that was logged as an error.</summary>
    public IEnumerable<string> Errors => _events.Where(static e => e.Id == 5801).Select(static e => e.Text);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _events.Enqueue((eventId.Id, $"{formatter(state, exception)} {exception}"));
}
