namespace Tarn.Tests;

/// <summary>Runs the tests' program in this process, as its <c>Main</c> would, and keeps what it prints.</summary>
internal sealed class TestRun
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    public required string DataDirectory { get; init; }

    public string Input { get; init; } = "";

    /// <summary>The columns of the window.</summary>
    public int Width { get; init; } = 200;

    public Dictionary<string, string> Environment { get; } = [];

    public string Output => _out.ToString();

    public string Errors => _error.ToString();

    /// <summary>Runs the command line to its end.</summary>
    public Task<int> RunAsync(params string[] arguments) => RunAsync(NotesProgram.Create([.. arguments, "--data", DataDirectory]), CancellationToken.None);

    public Task<int> RunAsync(TarnAppBuilder program, CancellationToken cancellation)
    {
        program.Surroundings = new ProgramSurroundings
        {
            Terminal = new Terminal { In = new StringReader(Input), Out = _out, Error = _error, Width = Width },
            Environment = Environment,
            CurrentDirectory = Path.GetTempPath(),
        };
        return program.Build().RunAsync(cancellation);
    }
}
