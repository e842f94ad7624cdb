using System.Globalization;
using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary><c>up</c>, and verbs beside it.</summary>
public sealed class UpTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private string Data => _folder.Combine("data");

    public void Dispose()
    {
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Verbs_speak_to_the_server_that_holds_the_directory()
    {
        var (up, ended, server) = await UpAsync([]);
        Assert.Equal(Environment.ProcessId, server.Pid);
        Assert.Equal(Data, server.Data);

        var list = new TestRun { DataDirectory = Data };
        Assert.Equal(0, await list.RunAsync("pipelines", "list", "--json"));
        Assert.Equal(7, JsonNode.Parse(list.Output)!.AsArray().Count);
        var started = new TestRun { DataDirectory = Data };
        Assert.Equal(0, await started.RunAsync("pipelines", "run", "write", "--json"));
        Assert.Contains((string?)JsonNode.Parse(started.Output)!["state"], new[] { "queued", "running", "success" });
        var elsewhere = new TestRun { DataDirectory = _folder.Combine("other"), Environment = { ["TARN_SERVER"] = server.Url } };
        Assert.Equal(0, await elsewhere.RunAsync("topics", "list"));
        Assert.False(Directory.Exists(_folder.Combine("other")));

        await StopAsync(ended);
        Assert.Contains("system   notes  ok", up.Output, StringComparison.Ordinal);
        Assert.Contains(server.Url, up.Output, StringComparison.Ordinal);
        Assert.Null(ServerFile.Read(Data));
        Assert.Null(LockHolder.Read(Data));
    }

    [Fact]
    public async Task A_system_can_send_the_data_elsewhere_before_anything_is_opened()
    {
        var (up, ended, server) = await UpAsync(["--set", "Notes:Place=simulated"]);
        Assert.Equal(Path.Combine(Data, "simulated"), server.Data);
        Assert.Equal(server, ServerFile.Read(Path.Combine(Data, "simulated")));
        Assert.NotNull(LockHolder.Read(Data));
        Assert.NotNull(LockHolder.Read(Path.Combine(Data, "simulated")));
        Assert.False(File.Exists(Path.Combine(Data, "meta.db")));
        Assert.True(File.Exists(Path.Combine(Data, "simulated", "meta.db")));

        using var http = new HttpClient { BaseAddress = new Uri(server.Url) };
        var status = JsonNode.Parse(await http.GetStringAsync(new Uri("/api/v1/status", UriKind.Relative), _stop.Token))!;
        Assert.Equal(("warning", "Notes go to simulated."), ((string?)status["notices"]![0]!["level"], (string?)status["notices"]![0]!["text"]));
        Assert.Equal(server.Data, (string?)status["dataDirectory"]);
        Assert.Equal("Moved", (string?)JsonNode.Parse(await http.GetStringAsync(new Uri("/api/v1/notes/greeting", UriKind.Relative), _stop.Token))!["greeting"]);

        var list = new TestRun { DataDirectory = Data };
        Assert.Equal(0, await list.RunAsync("topics", "list"));
        await StopAsync(ended);
        Assert.Contains("Notes go to simulated.", up.Output, StringComparison.Ordinal);
        Assert.Null(ServerFile.Read(Path.Combine(Data, "simulated")));
    }

    [Fact]
    public async Task Only_the_systems_asked_for_are_started()
    {
        var (_, ended, server) = await UpAsync(["idle"]);
        using var http = new HttpClient { BaseAddress = new Uri(server.Url) };
        var status = JsonNode.Parse(await http.GetStringAsync(new Uri("/api/v1/status", UriKind.Relative), _stop.Token))!;
        Assert.Equal("idle", (string?)Assert.Single(status["systems"]!.AsArray())!["name"]);
        Assert.Equal("[]", await http.GetStringAsync(new Uri("/api/v1/pipelines", UriKind.Relative), _stop.Token));
        await StopAsync(ended);
    }

    [Fact]
    public async Task A_second_server_on_the_directory_is_told_who_holds_it()
    {
        var (_, ended, _) = await UpAsync([]);
        var second = new TestRun { DataDirectory = Data };
        Assert.Equal(1, await second.RunAsync("up", "--urls", "http://127.0.0.1:0"));
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} (`tarn up`"), second.Errors, StringComparison.Ordinal);
        await StopAsync(ended);
    }

    [Fact]
    public async Task A_port_that_another_server_holds_is_named_with_that_server()
    {
        var (_, ended, server) = await UpAsync([]);
        var second = new TestRun { DataDirectory = _folder.Combine("other") };
        Assert.Equal(1, await second.RunAsync("up", "--urls", server.Url));
        Assert.Contains(new Uri(server.Url).Port.ToString(CultureInfo.InvariantCulture), second.Errors, StringComparison.Ordinal);
        Assert.Contains($"on the data directory {Data}", second.Errors, StringComparison.Ordinal);
        Assert.Null(LockHolder.Read(_folder.Combine("other")));
        await StopAsync(ended);
    }

    [Fact]
    public async Task A_server_json_of_a_dead_server_is_seen_through()
    {
        Directory.CreateDirectory(Data);
        new ServerFile("http://127.0.0.1:1", int.MaxValue, NotesProgram.Epoch, "0.1.0", Data).Write(Data);
        var list = new TestRun { DataDirectory = Data };
        Assert.Equal(0, await list.RunAsync("pipelines", "list"));
        new ServerFile("http://127.0.0.1:1", Environment.ProcessId, NotesProgram.Epoch, "0.1.0", Data).Write(Data);
        Assert.Equal(0, await list.RunAsync("pipelines", "list"));
    }

    [Fact]
    public async Task A_named_server_that_does_not_answer_is_named()
    {
        var run = new TestRun { DataDirectory = Data };
        Assert.Equal(1, await run.RunAsync("pipelines", "list", "--server", "http://127.0.0.1:1"));
        Assert.Contains("http://127.0.0.1:1", run.Errors, StringComparison.Ordinal);
        Assert.Contains("--server", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verbs_at_the_same_time_wait_for_each_other()
    {
        var runs = Enumerable.Range(0, 4).Select(_ => new TestRun { DataDirectory = Data }).ToList();
        var codes = await Task.WhenAll(runs.Select(r => Task.Run(() => r.RunAsync("pipelines", "list", "--json"))));
        Assert.True(codes.All(static c => c == 0), string.Join('\n', runs.Select(static r => r.Errors)));
    }

    [Fact]
    public async Task The_frameworks_own_settings_do_not_open_further_addresses()
    {
        var (_, ended, server) = await UpAsync(["--set", "Kestrel:Endpoints:Open:Url=http://0.0.0.0:0"]);
        using var http = new HttpClient { BaseAddress = new Uri(server.Url) };
        var status = JsonNode.Parse(await http.GetStringAsync(new Uri("/api/v1/status", UriKind.Relative), _stop.Token))!;
        Assert.Equal(server.Url, (string?)Assert.Single(status["urls"]!.AsArray()));
        await StopAsync(ended);
    }

    private async Task<(TestRun Run, Task<int> Ended, ServerFile Server)> UpAsync(string[] arguments)
    {
        var run = new TestRun { DataDirectory = Data };
        var ended = run.RunAsync(NotesProgram.Create(["up", .. arguments, "--data", Data, "--urls", "http://127.0.0.1:0"]), _stop.Token);
        using var watcher = new FileSystemWatcher(_folder.Path) { IncludeSubdirectories = true };
        var changed = new SemaphoreSlim(0);
        watcher.Renamed += (_, _) => changed.Release();
        watcher.Created += (_, _) => changed.Release();
        watcher.EnableRaisingEvents = true;
        while (true)
        {
            if (ServerFile.Read(Data) is { } server)
            {
                return (run, ended, server);
            }

            // What happens in a folder before it is watched, as a new one is only a little later, is not told: it is looked for now and then, too.
            var first = await Task.WhenAny(ended, changed.WaitAsync(TimeSpan.FromMilliseconds(200), _stop.Token));
            Assert.True(first != ended, $"It ended.\n{run.Output}\n{run.Errors}");
        }
    }

    private async Task StopAsync(Task<int> ended)
    {
        await _stop.CancelAsync();
        Assert.Equal(0, await ended);
    }
}
