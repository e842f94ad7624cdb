using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

public sealed class AlertVerbTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Alerts_and_channels_are_listed()
    {
        Assert.Contains("There are no alerts.", await RunAsync(0, "alerts", "list"), StringComparison.Ordinal);
        Assert.Empty(JsonNode.Parse(await RunAsync(0, "alerts", "list", "--json"))!.AsArray());
        var channels = await RunAsync(0, "alerts", "channels");
        Assert.Contains("console", channels, StringComparison.Ordinal);
        Assert.Contains("log", channels, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_channel_is_tried_and_the_exit_code_says_how_it_went()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        string[] test = ["alerts", "test", "slack", "--set", $"Alerts:Channels:slack:Url={receiver.Url}services/T/B/secret-of-the-hook-1"];
        Assert.Contains("slack took the test alert.", await RunAsync(0, test), StringComparison.Ordinal);
        Assert.Contains("A test of slack", receiver.Taken[0], StringComparison.Ordinal);
        receiver.Mood = ReceiverMood.Refuses;
        Assert.Contains("slack did not take the test alert: The receiver answered 404.", await RunAsync(1, test), StringComparison.Ordinal);
        Assert.False((bool)JsonNode.Parse(await RunAsync(1, [.. test, "--json"]))!["sent"]!);
        await RunAsync(1, "alerts", "test", "nowhere");
    }

    [Fact]
    public async Task A_configuration_that_is_wrong_is_refused_without_its_secrets()
    {
        var run = new TestRun { DataDirectory = _folder.Combine("data") };
        Assert.NotEqual(0, await run.RunAsync("alerts", "list", "--set", "Alerts:Channels:slack:Url=hooks.slack.com/SECRET"));
        Assert.Contains("Alerts:Channels:slack:Url = ••••••", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", run.Errors + run.Output, StringComparison.Ordinal);
    }

    private async Task<string> RunAsync(int code, params string[] arguments)
    {
        var run = new TestRun { DataDirectory = _folder.Combine("data") };
        Assert.True(await run.RunAsync(arguments) == code, run.Errors + run.Output);
        return run.Output;
    }
}
