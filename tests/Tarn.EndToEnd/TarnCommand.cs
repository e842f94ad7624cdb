using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.EndToEnd;

/// <summary>Runs the real command line, <c>systems/Gallery</c>, as a process of its own on a data directory of the test's.</summary>
internal sealed class TarnCommand(string dataDirectory, IReadOnlyDictionary<string, string?>? environment = null)
{
    private static readonly string Gallery = ChildProgram.Find("systems/Gallery");

    public string DataDirectory => dataDirectory;

    /// <summary>Runs a verb with <c>--json</c> and reads what it prints; fails the test with its errors where it does not end with the exit code.</summary>
    public async Task<JsonNode> JsonAsync(int exitCode, params string[] arguments)
    {
        var (code, output, errors) = await RunAsync([.. arguments, "--json"]);
        Assert.True(code == exitCode, $"tarn {string.Join(' ', arguments)} ended with {code}, expected {exitCode}.\n{output}\n{errors}");
        return JsonNode.Parse(output) ?? throw new InvalidOperationException("The verb printed null.");
    }

    public Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments) =>
        ChildProgram.RunAsync(Gallery, [.. arguments, "--data", dataDirectory], Environment(), TestContext.Current.CancellationToken);

    /// <summary>Starts <c>tarn up</c> on a free port and returns when it says that it is ready.</summary>
    public async Task<(ChildProgram Program, Uri Url)> UpAsync(params string[] arguments)
    {
        var program = ChildProgram.Start(Gallery, ["up", .. arguments, "--data", dataDirectory, "--urls", "http://127.0.0.1:0"], Environment());
        await program.WaitForOutputAsync(_ => File.Exists(Path.Combine(dataDirectory, "server.json")), TestContext.Current.CancellationToken);
        var server = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(dataDirectory, "server.json"), TestContext.Current.CancellationToken))!;
        return (program, new Uri(server["url"]!.GetValue<string>()));
    }

    private Dictionary<string, string?> Environment()
    {
        var variables = new Dictionary<string, string?> { ["TARN_SERVER"] = null };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            variables[name] = value;
        }

        return variables;
    }
}
