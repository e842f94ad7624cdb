using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>A client of MLflow's API that others wrote, npm's <c>mlflow</c>, works against the server.</summary>
public sealed class MlflowClientTests(MlflowServer mlflow) : IClassFixture<MlflowServer>
{
    [Fact]
    public async Task The_client_of_node_logs_reads_and_searches()
    {
        var clients = Folder();
        Assert.SkipUnless(Directory.Exists(Path.Combine(clients, "node_modules", "mlflow")), "npm's mlflow is not installed; ./tarn test does that, or `npm ci` in tests/Tarn.Tests/clients.");
        await using var node = ChildProgram.StartCommand("node", ["mlflow.cjs", mlflow.Server.Url.ToString().TrimEnd('/')], workingDirectory: clients);
        var code = await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(code == 0, node.Output + node.Errors);

        // The client prints what it sends; the script's own line is the last.
        var seen = JsonNode.Parse(node.Output.Trim().Split('\n')[^1])!;
        Assert.Equal(
            """{"name":"from-node-2","status":"FINISHED","params":{"head":"mlp","lr":"0.1"},"metrics":{"acc":0.9,"loss":0.3333333333333333},"found":[true],"steps":[0,1,2],"root":true,"deleted":"deleted"}""",
            seen.ToJsonString());
    }

    private static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var clients = Path.Combine(folder.FullName, "tests", "Tarn.Tests", "clients");
            if (Directory.Exists(clients))
            {
                return clients;
            }
        }

        throw new DirectoryNotFoundException("tests/Tarn.Tests/clients");
    }
}
