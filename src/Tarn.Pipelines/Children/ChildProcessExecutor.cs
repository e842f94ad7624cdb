using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>
/// Runs the code of each attempt in a process of its own: the same program, started for it alone, with services of its own. What the code does to its process (a crash, a leak,
/// an exit) it does to no other attempt; it can be killed where it does not heed its token, and its memory can be limited.
/// </summary>
/// <remarks>
/// The order goes to the process over standard input, then, if so, a line that tells it to stop; the end of standard input, when this process is gone, ends it at once. Lines of the log,
/// reported values and the end come back over a pipe of their own, since the code may print; what it prints becomes lines of the attempt's log.
/// </remarks>
public sealed class ChildProcessExecutor : TaskExecutor
{
    private readonly ChildProcessOptions _options;
    private readonly TimeProvider _time;
    private readonly IdSource _ids;
    private readonly ILoggerFactory _loggers;

    /// <summary>Makes an executor.</summary>
    /// <param name="options">What to start, and when to end it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ids">Where the pipes' names come from.</param>
    /// <param name="loggers">Where the lines of attempts go beside the attempt's own log, as if the code ran here.</param>
    /// <exception cref="TarnException">An option is out of its range.</exception>
    public ChildProcessExecutor(ChildProcessOptions options, TimeProvider time, IdSource ids, ILoggerFactory loggers)
    {
        options.Validate();
        _options = options;
        _time = time;
        _ids = ids;
        _loggers = loggers;
    }

    /// <inheritdoc/>
    public override string Name => TaskDefinition.ChildProcess;

    /// <inheritdoc/>
    /// <exception cref="TarnException">The program cannot be started.</exception>
    public override async Task<AttemptReport> ExecuteAsync(AttemptOrder order, AttemptListener listener, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return new AttemptReport { Ending = AttemptEnding.Failed };
        }

        var program = new ProgramLogListener(listener, _loggers.CreateLogger($"Tarn.Pipelines.Tasks.{order.Pipeline}.{order.Task}"));
        await using var child = new ChildRun(_options, order, program, $"tarn-{_ids.NewId()}", _time);
        return await child.RunAsync(cancellation);
    }
}

/// <summary>Passes on what a child says, and repeats its lines in the log of this program.</summary>
internal sealed class ProgramLogListener(AttemptListener inner, ILogger program) : AttemptListener
{
    public override void Log(LogLevel level, string category, string message, string? exception, string? fields)
    {
        inner.Log(level, category, message, exception, fields);
        program.Log(level, default, (message, exception), null, static (line, _) => line.exception is null ? line.message : $"{line.message} {line.exception}");
    }

    public override void Report(string name, System.Text.Json.JsonElement value) => inner.Report(name, value);
}
