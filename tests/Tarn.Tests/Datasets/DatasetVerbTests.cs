using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

public sealed class DatasetVerbTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_lake_without_datasets_says_so()
    {
        Assert.Contains("No image datasets.", await RunAsync(0, "datasets", "list"), StringComparison.Ordinal);
        Assert.Empty(JsonNode.Parse(await RunAsync(0, "datasets", "list", "--json"))!.AsArray());
        await RunAsync(1, "datasets", "show", "silver.none");
        await RunAsync(2, "datasets", "show", "nonsense");
    }

    [Fact]
    public async Task A_dataset_is_listed_and_shown()
    {
        await using var server = new TestServer();
        await server.InitializeAsync();
        using var drawn = new DrawnDataset();
        await drawn.ImportAsync(server.Host.Services.GetRequiredService<Lake.Lake>());
        var listed = await AtAsync("datasets", "list");
        Assert.Contains("silver.photos", listed, StringComparison.Ordinal);
        var shown = await AtAsync("datasets", "show", "silver.photos");
        Assert.Contains("18 images", shown, StringComparison.Ordinal);
        Assert.Contains("17 jpeg, 1 png", shown, StringComparison.Ordinal);
        Assert.Contains("tiny (kept out): pizza/tiny.png", shown, StringComparison.Ordinal);
        Assert.Contains("near_duplicate: other/0", shown, StringComparison.Ordinal);
        Assert.Contains("run-2", shown, StringComparison.Ordinal);
        var json = JsonNode.Parse(await AtAsync("datasets", "show", "silver.photos", "--json"))!;
        Assert.Equal((18, 2), ((int)json["dataset"]!["images"]!, json["testUses"]!.AsArray().Count));
        await RunAsync(1, "datasets", "show", "silver.photos", "--version", "999", "--server", server.Url.ToString());

        Task<string> AtAsync(params string[] arguments) => RunAsync(0, [.. arguments, "--server", server.Url.ToString()]);
    }

    private async Task<string> RunAsync(int code, params string[] arguments)
    {
        var run = new TestRun { DataDirectory = _folder.Combine("data") };
        Assert.True(await run.RunAsync(arguments) == code, run.Errors + run.Output);
        return run.Output;
    }
}
