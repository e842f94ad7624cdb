using System.Globalization;
using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>The real program as a process of its own: exit codes, signals, locks.</summary>
public sealed class ProcessTests : IDisposable
{
    private static readonly string Gallery = ChildProgram.Find("systems/Gallery");
    private static readonly Dictionary<string, string?> NoServer = new() { ["TARN_SERVER"] = null };

    private readonly TemporaryDirectory _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => _folder.Combine("data");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Version_and_usage_end_with_0_and_2()
    {
        var (code, output, _) = await ChildProgram.RunAsync(Gallery, ["version", "--json"], NoServer, Cancellation);
        Assert.Equal((0, TarnApp.Version), (code, (string?)JsonNode.Parse(output)!["version"]));
        Assert.Equal(0, (await ChildProgram.RunAsync(Gallery, ["--version"], NoServer, Cancellation)).ExitCode);
        Assert.Equal(2, (await ChildProgram.RunAsync(Gallery, ["nonsense"], NoServer, Cancellation)).ExitCode);
    }

    [Fact]
    public async Task A_disk_that_is_full_at_the_start_is_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/unshare"), "A small disk of the test's own needs Linux' unshare.");
        await using var program = ChildProgram.StartCommand(
            "unshare",
            [
                "--map-root-user", "--mount", "sh", "-c",
                "mount -t tmpfs -o size=2m tmpfs \"$1\" || exit 77; head -c 1600000 /dev/zero > \"$1/ballast\"; exec dotnet \"$2\" up --data \"$1/data\" --urls http://127.0.0.1:0 --set Quakes:Feed=simulated",
                "sh", _folder.Path, Gallery,
            ],
            NoServer);
        var code = await program.WaitForExitAsync(Cancellation);
        Assert.SkipWhen(code == 77 || program.Errors.Contains("unshare", StringComparison.Ordinal), "Mounting is not allowed here.");
        Assert.Equal(1, code);
        Assert.Contains("disk is full", program.Errors, StringComparison.Ordinal);
        Assert.Contains($"{_folder.Path}/data", program.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", program.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_refuses_to_listen_beyond_loopback()
    {
        var (code, _, errors) = await ChildProgram.RunAsync(Gallery, ["up", "--data", Data, "--urls", "http://0.0.0.0:0", "--set", "Quakes:Feed=simulated"], NoServer, Cancellation);
        Assert.Equal(1, code);
        Assert.Contains("loopback only", errors, StringComparison.Ordinal);
        Assert.Contains("remedy:", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_stops_on_sigterm_and_leaves_the_directory_free()
    {
        await using var server = ChildProgram.Start(Gallery, ["up", "--data", Data, "--urls", "http://127.0.0.1:0", "--set", "Quakes:Feed=simulated"], NoServer);
        await server.WaitForOutputAsync(static text => text.Contains("Ctrl-C stops it.", StringComparison.Ordinal), Cancellation);
        var file = ServerFile.Read(Data)!;
        Assert.Equal(server.Id, file.Pid);

        // A client that watches does not hold the server up.
        using var http = new HttpClient { BaseAddress = new Uri(file.Url) };
        await using var watching = await http.GetStreamAsync(new Uri("/api/v1/events", UriKind.Relative), Cancellation);
        var (code, _, errors) = await ChildProgram.RunAsync(Gallery, ["up", "--data", Data, "--urls", "http://127.0.0.1:0", "--set", "Quakes:Feed=simulated"], NoServer, Cancellation);
        Assert.Equal(1, code);
        Assert.Contains(server.Id.ToString(CultureInfo.InvariantCulture), errors, StringComparison.Ordinal);

        Assert.Equal(0, await server.TerminateAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(60), Cancellation));
        Assert.Null(ServerFile.Read(Data));
        Assert.Null(LockHolder.Read(Data));
    }

    [Fact]
    public async Task After_kill_9_a_verb_opens_the_directory_itself()
    {
        await using var server = ChildProgram.Start(Gallery, ["up", "--data", Data, "--urls", "http://127.0.0.1:0", "--set", "Quakes:Feed=simulated"], NoServer);
        await server.WaitForOutputAsync(static text => text.Contains("Ctrl-C stops it.", StringComparison.Ordinal), Cancellation);
        await server.KillAsync();
        Assert.NotNull(ServerFile.Read(Data));
        var (code, output, errors) = await ChildProgram.RunAsync(Gallery, ["topics", "list", "--json", "--data", Data, "--set", "Quakes:Feed=simulated"], NoServer, Cancellation);
        Assert.True(code == 0, errors);
        Assert.NotNull(JsonNode.Parse(output));
    }
}
