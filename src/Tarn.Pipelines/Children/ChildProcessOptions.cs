using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>How a <see cref="ChildProcessExecutor"/> starts and ends the processes of attempts.</summary>
public sealed record ChildProcessOptions
{
    /// <summary>The program's file: that of this process, so that its code is the same.</summary>
    public required string Program { get; init; }

    /// <summary>What the program is called with, so that it runs <see cref="ChildAttempt.RunAsync"/>; the name of the pipe is added as the last argument.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>What the process needs to open the same things as this one, in the program's own form; null for nothing. It is sent over standard input, so it may hold secrets.</summary>
    public string? Input { get; init; }

    /// <summary>How long a process may go on after its code was told to stop, or has ended, before it is killed; up to an hour, default 10 seconds.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often the memory of a process with a limit is looked at; 1 ms to a minute, default 200 ms.</summary>
    public TimeSpan MemoryWatch { get; init; } = TimeSpan.FromMilliseconds(200);

    internal void Validate()
    {
        if (Program.Length == 0)
        {
            throw TarnException.InvalidInput("The program of a child process is the path of a file.", Program);
        }

        if (Grace < TimeSpan.Zero || Grace > TimeSpan.FromHours(1))
        {
            throw TarnException.InvalidInput("The grace of a child process is zero to an hour.", Grace.ToString());
        }

        if (MemoryWatch < TimeSpan.FromMilliseconds(1) || MemoryWatch > TimeSpan.FromMinutes(1))
        {
            throw TarnException.InvalidInput("The memory of a child process is looked at every 1 ms to a minute.", MemoryWatch.ToString());
        }
    }
}
