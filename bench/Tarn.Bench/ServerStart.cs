using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Tarn.Bench;

/// <summary>
/// <c>tarn up</c> on the simulated feed as a process of its own: how long from process start to <c>/health/ready</c>, and what it
/// takes when idle (resident memory, and processor time as a share of one core over a minute).
/// </summary>
internal static class ServerStart
{
    private const int Starts = 5;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    public static async Task<IReadOnlyList<Measurement>> StartAsync(string folder)
    {
        var times = new List<double>();
        for (var i = 0; i < Starts; i++)
        {
            var (server, elapsed, _) = await ReadyAsync(Path.Combine(folder, "start"));
            times.Add(elapsed.TotalSeconds);
            await StopAsync(server);
        }

        times.Sort();
        return [Measurement.Under("start to /health/ready, median of 5", times[Starts / 2], "s", 2)];
    }

    public static async Task<IReadOnlyList<Measurement>> IdleAsync(string folder)
    {
        var (server, _, _) = await ReadyAsync(Path.Combine(folder, "idle"));
        try
        {
            await Task.Delay(Settling);
            server.Refresh();
            var before = server.TotalProcessorTime;
            var clock = Stopwatch.StartNew();
            await Task.Delay(Idle);
            server.Refresh();
            var share = (server.TotalProcessorTime - before) / clock.Elapsed * 100;
            return
            [
                Measurement.Under("idle resident memory", server.WorkingSet64 / 1e6, "MB", 250),
                Measurement.Under("idle processor time of one core", share, "%", 2),
            ];
        }
        finally
        {
            await StopAsync(server);
        }
    }

    private static async Task<(Process Server, TimeSpan Elapsed, Uri Url)> ReadyAsync(string data)
    {
        Directory.CreateDirectory(data);
        var state = Path.Combine(data, "server.json");
        File.Delete(state);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { Gallery(), "up", "--feed", "simulated", "--data", data, "--urls", "http://127.0.0.1:0" })
        {
            start.ArgumentList.Add(argument);
        }

        var clock = Stopwatch.StartNew();
        var server = Process.Start(start)!;
        server.OutputDataReceived += static (_, _) => { };
        server.ErrorDataReceived += static (_, _) => { };
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        while (true)
        {
            if (server.HasExited || clock.Elapsed > TimeSpan.FromSeconds(60))
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The server did not become ready within {clock.Elapsed.TotalSeconds:0} s."));
            }

            if (await ReadyUrlAsync(state, http) is { } url)
            {
                return (server, clock.Elapsed, url);
            }

            await Task.Delay(5);
        }
    }

    private static async Task<Uri?> ReadyUrlAsync(string state, HttpClient http)
    {
        if (!File.Exists(state))
        {
            return null;
        }

        try
        {
            using var server = JsonDocument.Parse(await File.ReadAllBytesAsync(state));
            var url = new Uri(server.RootElement.GetProperty("url").GetString()!);
            using var answer = await http.GetAsync(new Uri(url, "/health/ready"));
            return answer.IsSuccessStatusCode ? url : null;
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            return null; // Still starting: the file is being written, or the port does not answer yet.
        }
    }

    private static async Task StopAsync(Process server)
    {
        using (var kill = Process.Start("kill", ["-TERM", server.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await server.WaitForExitAsync();
        server.Dispose();
    }

    internal static string Gallery()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var dll = Path.Combine(folder.FullName, "systems", "Gallery", "bin", "Release", "net10.0", "Gallery.dll");
            if (File.Exists(dll))
            {
                return dll;
            }
        }

        throw new FileNotFoundException("systems/Gallery is not built in Release; run ./tarn bench.");
    }
}
