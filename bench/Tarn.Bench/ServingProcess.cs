using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Tarn.Bench;

/// <summary>The whole program as a process of its own, with a folder of models; as its users start it.</summary>
internal sealed class ServingProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServingProcess(Process process, Uri url, TimeSpan started) => (_process, Url, Started) = (process, url, started);

    public Uri Url { get; }

    /// <summary>From the start of the process until it says that it is ready.</summary>
    public TimeSpan Started { get; }

    /// <param name="folder">A folder for its data.</param>
    /// <param name="models">The folder of models.</param>
    /// <param name="cores">The cores that it may use, as <c>taskset</c> has them; null for all.</param>
    /// <param name="settings">Further settings, <c>KEY=VALUE</c>.</param>
    public static async Task<ServingProcess> StartAsync(string folder, string models, string? cores = null, params string[] settings)
    {
        Directory.CreateDirectory(folder);
        var start = new ProcessStartInfo(cores is null ? "dotnet" : "taskset") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] before = cores is null ? [] : ["-c", cores, "dotnet"];
        foreach (var argument in (string[])[.. before, ServerStart.Gallery(), "up", "pizza", "--data", folder, "--urls", "http://127.0.0.1:0", "--set", $"Serving:Folder={models}", .. settings.SelectMany(static s => new[] { "--set", s })])
        {
            start.ArgumentList.Add(argument);
        }

        var clock = Stopwatch.StartNew();
        var process = Process.Start(start)!;
        var said = new List<string>();
        process.OutputDataReceived += (_, line) => Keep(said, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(said, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        while (!process.HasExited && clock.Elapsed < TimeSpan.FromSeconds(60))
        {
            if (await ReadyAsync(Path.Combine(folder, "server.json"), process.Id, cores is not null, http) is { } url)
            {
                return new ServingProcess(process, url, clock.Elapsed);
            }

            await Task.Delay(5);
        }

        lock (said)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The server did not become ready: {string.Join('\n', said.TakeLast(20))}"));
        }
    }

    /// <summary>Resident memory.</summary>
    public long Memory()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    public async ValueTask DisposeAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static void Keep(List<string> said, string? line)
    {
        lock (said)
        {
            said.Add(line ?? "");
        }
    }

    // `taskset` becomes the program: the process is the same.
    private static async Task<Uri?> ReadyAsync(string state, int process, bool anyProcess, HttpClient http)
    {
        try
        {
            if (!File.Exists(state))
            {
                return null;
            }

            using var server = JsonDocument.Parse(await File.ReadAllBytesAsync(state));
            if (!anyProcess && server.RootElement.GetProperty("pid").GetInt32() != process)
            {
                return null;
            }

            var url = new Uri(server.RootElement.GetProperty("url").GetString()!);
            using var answer = await http.GetAsync(new Uri(url, "/v2/health/ready"));
            return answer.IsSuccessStatusCode ? url : null;
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            return null; // Still starting.
        }
    }
}
