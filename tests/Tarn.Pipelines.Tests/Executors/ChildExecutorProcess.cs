using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;

namespace Tarn.Pipelines.Tests;

/// <summary>The processes of the tests of child processes: the child, and a parent that is killed.</summary>
internal static class ChildExecutorProcess
{
    public const string ChildVerb = "--attempt";
    public const string ParentVerb = "--attempt-parent";

    /// <summary>An executor whose children are this program.</summary>
    public static ChildProcessExecutor Executor(TimeSpan? grace = null, string? input = null) => new(
        new ChildProcessOptions
        {
            Program = "dotnet",
            Arguments = [typeof(ChildExecutorProcess).Assembly.Location, ChildVerb],
            Input = input,
            Grace = grace ?? TimeSpan.FromSeconds(10),
            MemoryWatch = TimeSpan.FromMilliseconds(20),
        },
        TimeProvider.System,
        IdSource.Create(TimeProvider.System),
        NullLoggerFactory.Instance);

    public static async Task<int> RunChildAsync(string pipe)
    {
        using var commands = Console.OpenStandardInput();
        return await ChildAttempt.RunAsync(
            commands,
            pipe,
            static (input, _) => input is null ? Task.FromResult<IServiceProvider>(ExecutorProgram.Services()) : throw TarnException.InvalidInput("A program can be opened.", input));
    }

    /// <summary>Runs a task that never ends, and prints the id of its process.</summary>
    public static async Task<int> RunParentAsync()
    {
        var heard = new HeardAttempt();
        var running = Executor().ExecuteAsync(TaskExecutorContract.OrderOf("deaf"), heard, CancellationToken.None);
        await heard.WaitAsync(static h => h.Lines.Count > 0, CancellationToken.None);
        await Console.Out.WriteLineAsync(heard.Lines[0].Message);
        await running;
        return 0;
    }
}
