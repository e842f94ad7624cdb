using System.Globalization;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>What sending costs a program that sends nothing.</summary>
public sealed class TelemetryProcessTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_of_OpenTelemetry_is_loaded_unless_something_is_to_be_sent(bool sends)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "What a process has loaded is read from Linux' /proc.");
        string[] endpoint = sends ? ["--set", "Telemetry:Otlp:Endpoint=http://127.0.0.1:9"] : [];
        await using var server = ChildProgram.Start(
            ChildProgram.Find("systems/Gallery"),
            ["up", "--data", _folder.Combine("data"), "--urls", "http://127.0.0.1:0", "--set", "Quakes:Feed=simulated", .. endpoint],
            new Dictionary<string, string?> { ["TARN_SERVER"] = null });
        await server.WaitForOutputAsync(static text => text.Contains("Ctrl-C stops it.", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var loaded = await File.ReadAllTextAsync(string.Create(CultureInfo.InvariantCulture, $"/proc/{server.Id}/maps"), TestContext.Current.CancellationToken);
        Assert.Contains("Tarn.Serving.dll", loaded, StringComparison.Ordinal);
        Assert.Equal(sends, loaded.Contains("OpenTelemetry", StringComparison.Ordinal));
        Assert.Equal(0, await server.TerminateAsync(TestContext.Current.CancellationToken));
    }
}
