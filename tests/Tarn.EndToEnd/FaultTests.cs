using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Tarn.Contracts;
using Xunit;

namespace Tarn.EndToEnd;

/// <summary>What goes wrong around a server: each fault has one clear message, and nothing is lost.</summary>
public sealed class FaultTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_disk_fails_the_run_with_a_clear_message_and_loses_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/unshare"), "A small disk of the test's own needs Linux' unshare.");
        using var folder = new TemporaryDirectory();
        await using var usgs = await FakeUsgs.StartAsync();
        var reference = new Reference();
        usgs.Now = new DateTimeOffset(2024, 3, 8, 10, 0, 0, TimeSpan.Zero);
        QuakesAgainstReferenceTests.Fill(usgs, reference, "aa", 50);

        await using var server = StartOnSmallDisk(folder.Path, usgs.Url);
        var disk = $"/proc/{server.Id}/root{folder.Path}";
        await server.WaitForOutputAsync(_ => File.Exists($"{disk}/data/server.json"), Cancellation);
        var url = new Uri(JsonNode.Parse(await File.ReadAllTextAsync($"{disk}/data/server.json", Cancellation))!["url"]!.GetValue<string>());
        using var http = new HttpClient { BaseAddress = url };
        Assert.Equal("success", (string?)(await RunAsync(http))["state"]);

        // Fill the disk to the last byte, then let the feed move on.
        await FillDiskAsync($"{disk}/ballast");
        usgs.Now = usgs.Now.AddHours(3);
        QuakesAgainstReferenceTests.Fill(usgs, reference, "bb", 2000);
        var failed = await RunAsync(http);
        Assert.True((string?)failed["state"] == "failed" || (int?)failed["status"] == 503, $"The run ended as {failed}");
        Assert.Contains("space", failed.ToJsonString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/health/live", UriKind.Relative), Cancellation)).StatusCode);

        File.Delete($"{disk}/ballast");
        Assert.Equal("success", (string?)(await RunAsync(http))["state"]);
        using var answer = await http.PostAsJsonAsync("/api/v1/query", new { sql = Reference.Sql, maxRows = 100_000 }, Cancellation);
        Assert.Equal(reference.Lines(), Reference.Lines(Objects(await answer.Content.ReadFromJsonAsync<JsonObject>(Cancellation))));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var folder = new TemporaryDirectory();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        await RefusesAsync(new TarnCommand(folder.Combine("data")), ["up", "--feed", "simulated", "--urls", $"http://127.0.0.1:{port}"], port);
    }

    [Fact]
    public async Task A_second_process_on_the_same_directory_is_refused_and_told_who_holds_it()
    {
        using var folder = new TemporaryDirectory();
        var tarn = new TarnCommand(folder.Combine("data"));
        var (server, _) = await tarn.UpAsync("--feed", "simulated");
        await using (server)
        {
            await RefusesAsync(tarn, ["up", "--feed", "simulated", "--urls", "http://127.0.0.1:0"], server.Id.ToString(CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public async Task What_a_start_remembers_for_the_next_one_may_be_damaged()
    {
        Assert.SkipWhen(Environment.ProcessorCount == 1, "On one core a start remembers nothing.");
        using var folder = new TemporaryDirectory();
        var tarn = new TarnCommand(folder.Combine("data"));
        await StartAndStopAsync();
        var file = Path.Combine(tarn.DataDirectory, "cache", "start.jit");
        var whole = await File.ReadAllBytesAsync(file, Cancellation);
        Assert.InRange(whole.Length, 10_000, 10_000_000);
        var random = new Random(7);
        foreach (var damage in new Func<byte[]>[] { Cut, Changed, Other })
        {
            await File.WriteAllBytesAsync(file, damage(), Cancellation);
            await StartAndStopAsync();
        }

        byte[] Cut() => whole[..random.Next(whole.Length)];

        byte[] Changed()
        {
            byte[] bytes = [.. whole];
            for (var i = 0; i < 500; i++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            return bytes;
        }

        byte[] Other()
        {
            var bytes = new byte[50_000];
            random.NextBytes(bytes);
            return bytes;
        }

        async Task StartAndStopAsync()
        {
            var (server, url) = await tarn.UpAsync("--feed", "simulated");
            await using (server)
            {
                using var http = new HttpClient { BaseAddress = url };
                Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancellation)).StatusCode);
                Assert.Equal(0, await server.TerminateAsync(Cancellation));
            }
        }
    }

    [Fact]
    public async Task A_data_directory_that_cannot_be_written_is_named()
    {
        using var folder = new TemporaryDirectory();
        var file = folder.Combine("a-file");
        await File.WriteAllTextAsync(file, "", Cancellation);
        await RefusesAsync(new TarnCommand(Path.Combine(file, "data")), ["up", "--feed", "simulated", "--urls", "http://127.0.0.1:0"], file);
    }

    [Fact]
    public async Task Listening_beyond_loopback_is_refused()
    {
        using var folder = new TemporaryDirectory();
        await RefusesAsync(new TarnCommand(folder.Combine("data")), ["up", "--feed", "simulated", "--urls", "http://0.0.0.0:0"], "0.0.0.0");
    }

    [Fact]
    public async Task After_kill_9_a_server_starts_again_on_the_same_directory()
    {
        using var folder = new TemporaryDirectory();
        var tarn = new TarnCommand(folder.Combine("data"));
        var (first, _) = await tarn.UpAsync("--feed", "simulated");
        await using (first)
        {
            await first.KillAsync();
        }

        Assert.True(File.Exists(Path.Combine(tarn.DataDirectory, "server.json")));
        File.Delete(Path.Combine(tarn.DataDirectory, "server.json"));
        var (second, url) = await tarn.UpAsync("--feed", "simulated");
        await using (second)
        {
            using var http = new HttpClient { BaseAddress = url };
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/health/live", UriKind.Relative), Cancellation)).StatusCode);
            Assert.Equal(0, await second.TerminateAsync(Cancellation));
        }
    }

    private static async Task RefusesAsync(TarnCommand tarn, string[] arguments, string named)
    {
        var (code, output, errors) = await tarn.RunAsync(arguments);
        Assert.True(code == 1, $"Ended with {code}.\n{output}\n{errors}");
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private static async Task<JsonObject> RunAsync(HttpClient http)
    {
        using var started = await http.PostAsJsonAsync("/api/v1/pipelines/earthquakes-minibatch/runs", new JsonObject(), Cancellation);
        var answer = (await started.Content.ReadFromJsonAsync<JsonObject>(Cancellation))!;
        if (!started.IsSuccessStatusCode)
        {
            return answer;
        }

        var id = answer["id"]!.GetValue<string>();
        while (true)
        {
            var run = await http.GetFromJsonAsync<JsonObject>($"/api/v1/runs/{id}/wait?timeoutSeconds=30", Cancellation);
            if (run!["endedAt"] is not null)
            {
                return (await http.GetFromJsonAsync<JsonObject>($"/api/v1/runs/{id}", Cancellation))!;
            }
        }
    }

    private static ChildProgram StartOnSmallDisk(string folder, string feedUrl) => ChildProgram.StartCommand(
        "unshare",
        ["--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=48m tmpfs \"$1\" && exec dotnet \"$2\" up --data \"$1/data\" --urls http://127.0.0.1:0", "sh", folder, ChildProgram.Find("systems/Gallery")],
        new Dictionary<string, string?> { ["TARN__QUAKES__FEEDURL"] = feedUrl, ["TARN_SERVER"] = null });

    private static async Task FillDiskAsync(string path)
    {
        var block = new byte[4096];
        await using var ballast = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                await ballast.WriteAsync(block, Cancellation);
            }
        }
        catch (IOException)
        {
            // Full, as intended.
        }
    }

    private static JsonArray Objects(JsonObject? result) =>
        [.. result!["rows"]!.AsArray().Select(row => (JsonNode)new JsonObject(
            result["columns"]!.AsArray().Select((column, i) => KeyValuePair.Create(column!["name"]!.GetValue<string>(), row![i]?.DeepClone()))))];
}
