using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tarn.Pipelines;

namespace Tarn.Contracts;

/// <summary>A line that an attempt logged.</summary>
public sealed record HeardLine(LogLevel Level, string Category, string Message, string? Exception, string? Fields);

/// <summary>Keeps what an attempt says, and lets a test wait for it.</summary>
public sealed class HeardAttempt : AttemptListener
{
    private readonly Lock _gate = new();
    private readonly List<HeardLine> _lines = [];
    private readonly Dictionary<string, JsonElement> _values = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The lines so far.</summary>
    public IReadOnlyList<HeardLine> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>The values so far.</summary>
    public IReadOnlyDictionary<string, JsonElement> Values
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, JsonElement>(_values);
            }
        }
    }

    /// <inheritdoc/>
    public override void Log(LogLevel level, string category, string message, string? exception, string? fields) =>
        Change(() => _lines.Add(new HeardLine(level, category, message, exception, fields)));

    /// <inheritdoc/>
    public override void Report(string name, JsonElement value) => Change(() => _values[name] = value);

    /// <summary>Returns once what was heard satisfies the condition.</summary>
    public async Task WaitAsync(Func<HeardAttempt, bool> condition, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                changed = _changed.Task;
            }

            if (condition(this))
            {
                return;
            }

            await changed.WaitAsync(cancellation);
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            change();
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }
}
