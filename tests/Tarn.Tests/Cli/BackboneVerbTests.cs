using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tarn.Contracts;
using Tarn.Native;
using Tarn.Training;
using Xunit;

namespace Tarn.Tests;

public sealed class BackboneVerbTests : IDisposable
{
    private static readonly Lazy<byte[]> Network = new(static () => BackboneCatalog.Open(Path.GetTempPath()).Load("classical").EmbedderModel.ToArray());

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_catalogue_is_listed_with_what_is_here_and_how_to_get_the_rest()
    {
        var list = JsonNode.Parse(await TextAsync(0, "backbones", "list", "--json"))!.AsArray();
        Assert.Equal(10, list.Count);
        var classical = list.Single(static b => (string)b!["name"]! == "classical")!;
        Assert.Equal("built in", (string)classical["state"]!);
        var xception = list.Single(static b => (string)b!["name"]! == "xception")!;
        Assert.Equal(("absent", 299, "nhwc"), ((string)xception["state"]!, (int)xception["width"]!, (string)xception["layout"]!));
        Assert.Contains("keras.applications.Xception", (string)xception["howToGet"]!, StringComparison.Ordinal);
        var shown = await TextAsync(0, "backbones", "list");
        Assert.Contains("mobilenetv2", shown, StringComparison.Ordinal);
        Assert.Contains("backbones add", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_runs_it_on_drawn_pictures_or_on_those_of_a_folder()
    {
        var drawn = JsonNode.Parse(await TextAsync(0, "backbones", "check", "classical", "--json"))!;
        Assert.True((int)drawn["embeddingSize"]! > 500);
        Assert.Equal(0, (int)drawn["pictures"]!);
        Assert.All(drawn["findings"]!.AsArray(), static f => Assert.Equal("ok", (string)f!["state"]!));
        var photos = Directory.CreateDirectory(_folder.Combine("photos")).FullName;
        for (var i = 0; i < 3; i++)
        {
            var image = new RgbImage(40 + i, 30);
            image.Pixels.Span.Fill((byte)(60 * i));
            image.Pixels.Span[..(30 * (i + 1))].Fill(255);
            File.WriteAllBytes(Path.Combine(photos, $"{i}.png"), ImageCodec.EncodePng(image));
        }

        var given = await TextAsync(0, "backbones", "check", "classical", "--images", photos);
        Assert.Contains("3 pictures", given, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(photos, "broken.jpg"), "no picture");
        Assert.Contains("broken.jpg", await ErrorAsync(2, "backbones", "check", "classical", "--images", photos), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_added_pinned_and_checked()
    {
        var file = _folder.Combine("network.onnx");
        File.WriteAllBytes(file, Network.Value);
        var added = JsonNode.Parse(await TextAsync(0, "backbones", "add", "mine", "--file", file, "--size", "128", "--scale", "1/2", "--std", "0.5", "--resize", "crop", "--json"))!;
        Assert.Equal("present", (string)added["state"]!);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Network.Value)), (string)added["sha256"]!);
        Assert.Equal((0.5, 0.5, "crop"), ((double)added["scale"]!, (double)added["std"]![2]!, (string)added["resize"]!));
        Assert.Contains("embedding", await TextAsync(0, "backbones", "check", "mine"), StringComparison.Ordinal);

        // It takes square roots of pixels: in a scale with numbers below zero nothing comes of it, and the check says so.
        await TextAsync(0, "backbones", "add", "wrong", "--file", file, "--size", "128", "--scale", "1/127.5", "--mean", "1,1,1");
        Assert.Contains("NaN", await TextAsync(1, "backbones", "check", "wrong"), StringComparison.Ordinal);
        Assert.Contains("backbones add mine --file", await DamageAsync(added), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_added_says_why_and_leaves_nothing()
    {
        var file = _folder.Combine("network.onnx");
        File.WriteAllText(file, "<html>not found</html>");
        Assert.Contains("HTML", await ErrorAsync(1, "backbones", "add", "mine", "--file", file, "--size", "128"), StringComparison.Ordinal);
        Assert.Contains("--size", await ErrorAsync(2, "backbones", "add", "mine", "--file", file), StringComparison.Ordinal);
        File.WriteAllBytes(file, Network.Value);
        Assert.Contains("128 × 128", await ErrorAsync(2, "backbones", "add", "mine", "--file", file, "--size", "224"), StringComparison.Ordinal);
        Assert.Contains("layout", await ErrorAsync(2, "backbones", "add", "mine", "--file", file, "--size", "128", "--layout", "sideways"), StringComparison.Ordinal);
        Assert.Contains("keras.applications", await ErrorAsync(2, "backbones", "add", "xception"), StringComparison.Ordinal);
        Assert.Contains("tarn backbones add resnet50", await ErrorAsync(1, "backbones", "check", "resnet50"), StringComparison.Ordinal);
        Assert.Contains("no-such", await ErrorAsync(2, "backbones", "add", "mine", "--file", _folder.Combine("no-such"), "--size", "128"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "data", "backbones")));
    }

    [Fact]
    public async Task A_file_is_fetched_from_its_address_and_what_came_is_compared_with_the_hash()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var server = builder.Build();
        server.MapGet("/network.onnx", static () => Results.Bytes(Network.Value));
        server.MapGet("/other.onnx", static () => Results.Bytes([1, 2, 3]));
        await server.StartAsync(TestContext.Current.CancellationToken);
        var url = server.Urls.First();
        Assert.Contains("present", await TextAsync(0, "backbones", "add", "far", "--url", url + "/network.onnx", "--size", "128", "--json"), StringComparison.Ordinal);
        Assert.Contains("404", await ErrorAsync(1, "backbones", "add", "gone", "--url", url + "/gone.onnx", "--size", "128"), StringComparison.Ordinal);

        // The entry that is pinned now, at an address that gives something else.
        var catalogue = Path.Combine(_folder.Path, "data", "backbones", BackboneCatalog.FileName);
        File.WriteAllText(catalogue, File.ReadAllText(catalogue).Replace("network.onnx", "other.onnx", StringComparison.Ordinal));
        Assert.Contains("SHA-256", await ErrorAsync(1, "backbones", "add", "far"), StringComparison.Ordinal);
    }

    private async Task<string> DamageAsync(JsonNode added)
    {
        var path = (string)added["file"]!;
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        return await ErrorAsync(1, "backbones", "check", "mine");
    }

    private async Task<string> TextAsync(int exitCode, params string[] arguments)
    {
        var run = new TestRun { DataDirectory = Path.Combine(_folder.Path, "data") };
        Assert.True(await run.RunAsync(arguments) == exitCode, run.Errors + run.Output);
        return run.Output;
    }

    private async Task<string> ErrorAsync(int exitCode, params string[] arguments)
    {
        var run = new TestRun { DataDirectory = Path.Combine(_folder.Path, "data") };
        var code = await run.RunAsync(arguments);
        Assert.True(code == exitCode, $"exit {code}: {run.Errors}{run.Output}");
        return run.Errors;
    }
}
