using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Native;

namespace Tarn.Bench;

/// <summary>
/// A small model (three dense layers) served over HTTP by the whole program, all on the same cores as the load: wrk for throughput, one connection for latency. The peer is Flask behind
/// gunicorn with two workers, which do the same arithmetic in NumPy, asked by the same wrk in turn with it, as is Kestrel alone, which is the most that a server of .NET can reach here. The latency that serving adds is that of an answer less that of the model's own run.
/// </summary>
internal static class ServingSmall
{
    private const string Json = "Content-Type: application/json";
    private const int Warm = 4;
    private const int Turn = 4;
    private const int Turns = 4;
    private const int Latencies = 4000;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var models = Path.Combine(folder, "models");
        ServingModels.Write(models, "dense", 1, ServingModels.Dense());
        var numbers = Enumerable.Range(0, ServingModels.Features).Select(static i => (i * 37 % 11 / 10f) - 0.5f).ToArray();
        var json = Encoding.UTF8.GetBytes($"{{\"instances\": [[{string.Join(',', numbers.Select(static n => n.ToString(CultureInfo.InvariantCulture)))}]]}}");
        var (body, header) = ServingModels.Binary("features", [1, ServingModels.Features], numbers);
        await using var server = await ServingProcess.StartAsync(Path.Combine(folder, "data"), models);
        await using var bare = await BareAsync();
        await using var flask = await FlaskServer.StartAsync(folder, json);
        List<(Uri Url, byte[] Body, string Header)> asked = [(new Uri(server.Url, "/v1/models/dense:predict"), json, Json), (new Uri(server.Url, "/v2/models/dense/infer"), body, header), (UrlOf(bare), json, Json)];
        if (flask is not null)
        {
            asked.Add((flask.Url, json, Json));
        }

        var rates = await InTurnAsync(folder, asked);
        var measured = new List<Measurement>
        {
            Measurement.AtLeast("small model, TF Serving JSON, wrk on the same cores", rates[0], "requests/s", 20_000),
            Measurement.AtLeast("small model, Open Inference binary", rates[1], "requests/s", 20_000),
            new("the first, against Kestrel that reads and answers as much and does nothing", rates[0], "requests/s", rates[2], rates[0] / rates[2], "none", true),
        };
        if (flask is not null)
        {
            measured.Add(Measurement.AtLeastRatio("small model against Flask + gunicorn", rates[0], "requests/s", rates[3], 10));
            measured.Add(new Measurement("that Kestrel against Flask + gunicorn", rates[2], "requests/s", rates[3], rates[2] / rates[3], "none", true));
        }

        measured.AddRange(Latency(server.Url, body, header));
        measured.Add(Measurement.Under("resident memory after that", server.Memory() / 1e6, "MB", 350));
        return measured;
    }

    /// <summary>What the web server alone can do here: it reads the body and answers 200 bytes.</summary>
    private static async Task<WebApplication> BareAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static k => k.Listen(System.Net.IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(ServingGarbage.PlainAsync);
        await app.StartAsync();
        return app;
    }

    private static Uri UrlOf(WebApplication app) => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Requests a second of each, a few seconds at a time in turn, after all were warm: what else the machine does meets them alike. One that rests costs nothing.</summary>
    private static async Task<double[]> InTurnAsync(string folder, List<(Uri Url, byte[] Body, string Header)> asked)
    {
        var rates = new double[asked.Count];
        for (var turn = -1; turn < Turns; turn++)
        {
            for (var i = 0; i < rates.Length; i++)
            {
                var rate = await WrkAsync(folder, asked[i].Url, asked[i].Body, asked[i].Header, turn < 0 ? Warm : Turn);
                rates[i] += turn < 0 ? 0 : rate / Turns;
            }
        }

        return rates;
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
    private static async Task<double> WrkAsync(string folder, Uri url, byte[] body, string header, int seconds)
    {
        var script = Path.Combine(folder, "request.lua");
        var colon = header.IndexOf(':', StringComparison.Ordinal);
        await File.WriteAllTextAsync(script, $"wrk.method = \"POST\"\nwrk.headers[\"{header[..colon]}\"] = \"{header[(colon + 1)..].Trim()}\"\nwrk.body = \"{string.Concat(body.Select(static b => FormattableString.Invariant($"\\{b:000}")))}\"\n");
        var start = new ProcessStartInfo("wrk") { RedirectStandardOutput = true };
        foreach (var argument in (string[])["-t1", "-c32", string.Create(CultureInfo.InvariantCulture, $"-d{seconds}"), "-s", script, url.AbsoluteUri])
        {
            start.ArgumentList.Add(argument);
        }

        using var wrk = Process.Start(start)!;
        var said = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        return said.Contains("Non-2xx", StringComparison.Ordinal) || said.Split('\n').FirstOrDefault(static l => l.StartsWith("Requests/sec:", StringComparison.Ordinal)) is not { } line
            ? throw new InvalidDataException(said)
            : double.Parse(line.AsSpan(line.IndexOf(':') + 1), CultureInfo.InvariantCulture);
    }
}
