using System.Diagnostics;
using System.Globalization;
using System.Text;
using Tarn.Contracts;
using Tarn.Native;

namespace Tarn.Bench;

/// <summary>
/// A small model (three dense layers) served over HTTP by the whole program, all on the same cores as the load: wrk for throughput, one connection for latency. The peer is Flask behind
/// gunicorn with two workers, which do the same arithmetic in NumPy, asked by the same wrk for the same time. The latency that serving adds is that of an answer less that of the model's own run.
/// </summary>
internal static class ServingSmall
{
    private const int Seconds = 8;
    private const int Latencies = 4000;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var models = Path.Combine(folder, "models");
        ServingModels.Write(models, "dense", 1, ServingModels.Dense());
        var measured = new List<Measurement>();
        var numbers = Enumerable.Range(0, ServingModels.Features).Select(static i => (i * 37 % 11 / 10f) - 0.5f).ToArray();
        var json = $"{{\"instances\": [[{string.Join(',', numbers.Select(static n => n.ToString(CultureInfo.InvariantCulture)))}]]}}";
        double ours;
        await using (var server = await ServingProcess.StartAsync(Path.Combine(folder, "data"), models))
        {
            var (body, header) = ServingModels.Binary("features", [1, ServingModels.Features], numbers);
            ours = await WrkAsync(folder, new Uri(server.Url, "/v1/models/dense:predict"), json);
            measured.Add(Measurement.AtLeast("small model, TF Serving JSON, wrk on the same cores", ours, "requests/s", 20_000));
            var binary = await WrkAsync(folder, new Uri(server.Url, "/v2/models/dense/infer"), body, header);
            measured.Add(Measurement.AtLeast("small model, Open Inference binary", binary, "requests/s", 20_000));
            measured.AddRange(Latency(server.Url, body, header));
            measured.Add(Measurement.Under("resident memory after that", server.Memory() / 1e6, "MB", 350));
        }

        if (await FlaskAsync(folder, json) is { } flask)
        {
            measured.Add(Measurement.AtLeastRatio("small model against Flask + gunicorn", ours, "requests/s", flask, 10));
        }

        return measured;
    }

    private static IEnumerable<Measurement> Latency(Uri url, byte[] body, string header)
    {
        using var session = OnnxSession.FromBytes(ServingModels.Dense(), new OnnxSessionOptions { IntraOpThreads = 1 });
        using var input = OnnxValue.FromMemory<float>(new float[ServingModels.Features], 1, ServingModels.Features);
        using var output = OnnxValue.FromMemory<float>(new float[3], 1, 3);
        using var binding = session.Bind();
        binding.BindInput("features", input);
        binding.BindOutput("probabilities", output);
        using var client = RawHttp.Post(url, "/v2/models/dense/infer", body, header);
        var (served, raw) = (new double[Latencies], new double[Latencies]);
        for (var i = -Latencies; i < Latencies; i++)
        {
            var began = Stopwatch.GetTimestamp();
            if (client.Send() != 200)
            {
                throw new InvalidDataException(client.Answer());
            }

            var answered = Stopwatch.GetTimestamp();
            binding.Run();
            if (i >= 0)
            {
                served[i] = Stopwatch.GetElapsedTime(began, answered).TotalMilliseconds;
                raw[i] = Stopwatch.GetElapsedTime(answered).TotalMilliseconds;
            }
        }

        Array.Sort(served);
        Array.Sort(raw);
        yield return Added("p50", 0.5, 0.3);
        yield return Added("p99", 0.99, 1);

        Measurement Added(string name, double quantile, double goal)
        {
            var (a, b) = (served[(int)(quantile * Latencies)], raw[(int)(quantile * Latencies)]);
            return new Measurement($"latency added to a run at low load, {name}", a - b, "ms", b, null, FormattableString.Invariant($"< {goal} ms"), a - b < goal);
        }
    }

    /// <summary>Requests a second by wrk; one thread, 32 connections.</summary>
    public static Task<double> WrkAsync(string folder, Uri url, string json) => WrkAsync(folder, url, Encoding.UTF8.GetBytes(json), "Content-Type: application/json");

    public static async Task<double> WrkAsync(string folder, Uri url, byte[] body, string header)
    {
        var script = Path.Combine(folder, "request.lua");
        var colon = header.IndexOf(':', StringComparison.Ordinal);
        await File.WriteAllTextAsync(script, $"wrk.method = \"POST\"\nwrk.headers[\"{header[..colon]}\"] = \"{header[(colon + 1)..].Trim()}\"\nwrk.body = \"{string.Concat(body.Select(static b => FormattableString.Invariant($"\\{b:000}")))}\"\n");
        var best = 0.0;
        foreach (var seconds in (int[])[2, Seconds])
        {
            var start = new ProcessStartInfo("wrk") { RedirectStandardOutput = true };
            foreach (var argument in (string[])["-t1", "-c32", string.Create(CultureInfo.InvariantCulture, $"-d{seconds}"), "-s", script, url.AbsoluteUri])
            {
                start.ArgumentList.Add(argument);
            }

            using var wrk = Process.Start(start)!;
            var said = await wrk.StandardOutput.ReadToEndAsync();
            await wrk.WaitForExitAsync();
            if (said.Contains("Non-2xx", StringComparison.Ordinal) || said.Split('\n').FirstOrDefault(static l => l.StartsWith("Requests/sec:", StringComparison.Ordinal)) is not { } line)
            {
                throw new InvalidDataException(said);
            }

            best = double.Parse(line.AsSpan(line.IndexOf(':') + 1), CultureInfo.InvariantCulture);
        }

        return best;
    }

    /// <summary>The peer's requests a second; null where it is not installed.</summary>
    private static async Task<double?> FlaskAsync(string folder, string json)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "peer.py"), """
            import numpy as np
            from flask import Flask, request, jsonify
            rng = np.random.default_rng(1)
            w1, b1 = rng.standard_normal((16, 32), np.float32), rng.standard_normal(32, np.float32)
            w2, b2 = rng.standard_normal((32, 32), np.float32), rng.standard_normal(32, np.float32)
            w3, b3 = rng.standard_normal((32, 3), np.float32), rng.standard_normal(3, np.float32)
            app = Flask(__name__)

            @app.post("/predict")
            def predict():
                x = np.asarray(request.get_json()["instances"], np.float32)
                z = np.maximum(np.maximum(x @ w1 + b1, 0) @ w2 + b2, 0) @ w3 + b3
                e = np.exp(z - z.max(1, keepdims=True))
                return jsonify(predictions=(e / e.sum(1, keepdims=True)).tolist())
            """);
        var port = FreePort();
        var start = new ProcessStartInfo("gunicorn") { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["-w", "2", "-b", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "peer:app"])
        {
            start.ArgumentList.Add(argument);
        }

        Process gunicorn;
        try
        {
            gunicorn = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // Debian: apt-get install gunicorn python3-flask python3-numpy
        }

        gunicorn.ErrorDataReceived += static (_, _) => { };
        gunicorn.BeginErrorReadLine();
        try
        {
            var url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/predict"));
            using var http = new HttpClient();
            for (var tries = 0; ; tries++)
            {
                try
                {
                    using var content = new StringContent(json, Encoding.UTF8, "application/json");
                    (await http.PostAsync(url, content)).EnsureSuccessStatusCode();
                    return await WrkAsync(folder, url, json);
                }
                catch (HttpRequestException) when (tries < 100 && !gunicorn.HasExited)
                {
                    await Task.Delay(100);
                }
            }
        }
        finally
        {
            using (var kill = Process.Start("kill", ["-TERM", gunicorn.Id.ToString(CultureInfo.InvariantCulture)]))
            {
                await kill.WaitForExitAsync();
            }

            await gunicorn.WaitForExitAsync();
            gunicorn.Dispose();
        }
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
