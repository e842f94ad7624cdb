using System.Diagnostics;
using System.Text;

namespace Tarn.Contracts;

/// <summary>
/// A program that a test starts as a process of its own: its output is collected, it can be waited for by what it prints,
/// and it is stopped by its own process id, gracefully or as by <c>kill -9</c>.
/// </summary>
public sealed class ChildProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _printed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProgram(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Collect(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Collect(_errors, line.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => Signal();
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>What it has printed to standard output.</summary>
    public string Output
    {
        get
        {
            lock (_gate)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>What it has printed to standard error.</summary>
    public string Errors
    {
        get
        {
            lock (_gate)
            {
                return _errors.ToString();
            }
        }
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts a .NET program by its dll.</summary>
    /// <param name="dll">The program's dll.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to set for it, or to remove where the value is null.</param>
    /// <param name="workingDirectory">Where it runs; default the temporary folder.</param>
    public static ChildProgram Start(string dll, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? workingDirectory = null) =>
        StartCommand("dotnet", [dll, .. arguments], environment, workingDirectory);

    /// <summary>Starts any command.</summary>
    /// <param name="command">The command's name on PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to set for it, or to remove where the value is null.</param>
    /// <param name="workingDirectory">Where it runs; default the temporary folder.</param>
    public static ChildProgram StartCommand(string command, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? workingDirectory = null)
    {
        var start = new ProcessStartInfo(command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = workingDirectory ?? Path.GetTempPath(),
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            if (value is null)
            {
                start.Environment.Remove(name);
            }
            else
            {
                start.Environment[name] = value;
            }
        }

        return new ChildProgram(new Process { StartInfo = start });
    }

    /// <summary>Runs a .NET program to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string dll, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, CancellationToken cancellation = default)
    {
        await using var program = Start(dll, arguments, environment);
        program._process.StandardInput.Close();
        var exitCode = await program.WaitForExitAsync(cancellation);
        return (exitCode, program.Output, program.Errors);
    }

    /// <summary>The dll of a program of this repository in the configuration that the running test was built in.</summary>
    public static string Find(string projectFolder)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var configuration = output.Parent!.Name;
        for (var folder = output; folder is not null; folder = folder.Parent)
        {
            var dll = Path.Combine(folder.FullName, projectFolder, "bin", configuration, output.Name, Path.GetFileName(projectFolder) + ".dll");
            if (File.Exists(dll))
            {
                return dll;
            }
        }

        throw new FileNotFoundException($"{projectFolder} is not built in {configuration}; build it first.");
    }

    /// <summary>Returns when what it printed satisfies the condition.</summary>
    /// <exception cref="InvalidOperationException">It ended before that; the message holds its output.</exception>
    public async Task WaitForOutputAsync(Func<string, bool> condition, CancellationToken cancellation)
    {
        while (true)
        {
            Task printed;
            lock (_gate)
            {
                if (condition(_output.ToString()))
                {
                    return;
                }

                printed = _printed.Task;
            }

            if (_process.HasExited)
            {
                await _process.WaitForExitAsync(cancellation);
                if (condition(Output))
                {
                    return;
                }

                throw new InvalidOperationException($"The program ended with {_process.ExitCode} before the awaited output.\n{Output}\n{Errors}");
            }

            await printed.WaitAsync(cancellation);
        }
    }

    /// <summary>Waits for its end; all output is collected when this returns.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    /// <summary>Ends it at once, as <c>kill -9</c> does, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Asks it to stop with SIGTERM and waits for its end.</summary>
    public async Task<int> TerminateAsync(CancellationToken cancellation)
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(cancellation);
        }

        return await WaitForExitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private void Collect(StringBuilder into, string? line)
    {
        if (line is not null)
        {
            lock (_gate)
            {
                into.AppendLine(line);
            }
        }

        Signal();
    }

    private void Signal()
    {
        TaskCompletionSource printed;
        lock (_gate)
        {
            printed = _printed;
            _printed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        printed.SetResult();
    }
}
