using System.Text.Json.Nodes;
using Tarn;
using Xunit;

namespace Pizza.Tests;

/// <summary>Runs the command line of a program with Pizza alone, in this process, on a data directory.</summary>
internal sealed class PizzaRun(string dataDirectory)
{
    public string DataDirectory { get; } = dataDirectory;

    /// <summary>What a command line prints, and how it ends.</summary>
    public async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());
        var program = TarnApp.CreateBuilder([.. arguments, "--data", DataDirectory]);
        program.AddPizza();
        program.Surroundings = Surroundings(output, errors);
        var code = await program.Build().RunAsync(TestContext.Current.CancellationToken);
        return (code, output.ToString(), errors.ToString());
    }

    /// <summary>The JSON of a command line that ends well.</summary>
    public async Task<JsonNode> JsonAsync(params string[] arguments)
    {
        var (code, output, errors) = await RunAsync([.. arguments, "--json"]);
        Assert.True(code == 0, $"{string.Join(' ', arguments)}: {code}\n{output}\n{errors}");
        return JsonNode.Parse(output)!;
    }

    /// <summary>Trains on the classical backbone alone.</summary>
    public Task<JsonNode> TrainAsync(params string[] arguments) => JsonAsync(["train", "pizza", "--param", "backbones=classical", .. arguments]);

    /// <summary>Starts a server of the program on a free port.</summary>
    public Task<TarnHost> ServeAsync(Dictionary<string, string?> settings)
    {
        var program = TarnApp.CreateBuilder([]);
        program.AddPizza();
        settings[TarnOptions.UrlsKey] = "http://127.0.0.1:0";
        return TarnHost.StartAsync(
            program.Close(),
            Surroundings(TextWriter.Null, TextWriter.Null),
            new HostRequest { DataDirectory = DataDirectory, Command = "test", IsServer = true, Settings = settings },
            TestContext.Current.CancellationToken);
    }

    private static ProgramSurroundings Surroundings(TextWriter output, TextWriter errors) => new()
    {
        Terminal = new Terminal { In = TextReader.Null, Out = output, Error = errors },
        Environment = new Dictionary<string, string>(),
        CurrentDirectory = Path.GetTempPath(),
    };
}
