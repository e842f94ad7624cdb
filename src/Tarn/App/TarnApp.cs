using Tarn.Core;

namespace Tarn;

/// <summary>
/// A program built on Tarn: its systems behind one command line, of which <c>up</c> serves them and every other verb
/// looks at them or acts on them.
/// </summary>
public sealed class TarnApp
{
    private readonly ProgramPlan _program;
    private readonly string[] _arguments;
    private readonly ProgramSurroundings _surroundings;

    internal TarnApp(ProgramPlan program, string[] arguments, ProgramSurroundings surroundings)
    {
        _program = program;
        _arguments = arguments;
        _surroundings = surroundings;
    }

    /// <summary>Tarn's version, as in <c>0.1.0</c>.</summary>
    public static string Version { get; } = typeof(TarnApp).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>Starts putting a program together.</summary>
    /// <param name="args">The arguments of the command line, as <c>Main</c> got them.</param>
    public static TarnAppBuilder CreateBuilder(string[] args) => new(args);

    /// <summary>Does what the command line asks.</summary>
    /// <param name="cancellationToken">Stops a server as Ctrl-C does.</param>
    /// <returns>The exit code: 0 done, 1 failed, 2 the command line or a value in it was not understood.</returns>
    public Task<int> RunAsync(CancellationToken cancellationToken = default) =>
        new CommandLine(_program, _surroundings).RunAsync(_arguments, cancellationToken);
}
