using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;

namespace Tarn.Log.Tests;

/// <summary>A directory with a log of one topic, <c>events</c>, that a test opens, damages and opens again.</summary>
internal sealed class LogDirectory : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    public ManualTimeProvider Time { get; } = new();

    public LogFaults Faults { get; } = new();

    public CollectingLogs Logs { get; } = new();

    public string Path => _root.Combine("log");

    /// <summary>The segment files of partition 0, oldest first.</summary>
    public string[] Segments => [.. Directory.GetFiles(System.IO.Path.Combine(Path, "events", "0"), "*.log").Order(StringComparer.Ordinal)];

    public string[] Indexes => [.. Directory.GetFiles(System.IO.Path.Combine(Path, "events", "0"), "*.index").Order(StringComparer.Ordinal)];

    public SegmentTopicLog Open(int maxOpenFiles = 256) =>
        new(Path, Time, Logs, new SegmentLogOptions { Faults = Faults, MaxOpenFiles = maxOpenFiles });

    public static NewRecord Record(int number, int length = 0) =>
        new(Encoding.UTF8.GetBytes("k"), Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture).PadRight(length, '.')));

    public static int Number(TopicRecord record) => int.Parse(Encoding.UTF8.GetString(record.Value!.Value.Span).TrimEnd('.'), CultureInfo.InvariantCulture);

    public static async Task<List<int>> ReadAllAsync(TopicLog log, long from = 0)
    {
        var numbers = new List<int>();
        while (await log.ReadAsync("events", 0, from, new ReadLimits(100), CancellationToken.None) is { Count: > 0 } records)
        {
            numbers.AddRange(records.Select(Number));
            from = records[^1].Offset + 1;
        }

        return numbers;
    }

    public void Dispose() => _root.Dispose();
}

/// <summary>Keeps the log lines of a test.</summary>
internal sealed class CollectingLogs : ILoggerFactory, ILogger
{
    private readonly Lock _gate = new();
    private readonly List<(int Event, LogLevel Level, string Text)> _lines = [];

    public IReadOnlyList<(int Event, LogLevel Level, string Text)> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => NullLogger.Instance.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_gate)
        {
            _lines.Add((eventId.Id, logLevel, formatter(state, exception)));
        }
    }

    public void Dispose()
    {
    }
}
