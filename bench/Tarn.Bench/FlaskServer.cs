using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Tarn.Bench;

/// <summary>The peer of the small model: Flask behind gunicorn with two workers, which do the same arithmetic in NumPy.</summary>
internal sealed class FlaskServer : IAsyncDisposable
{
    private readonly Process _gunicorn;

    private FlaskServer(Process gunicorn, Uri url) => (_gunicorn, Url) = (gunicorn, url);

    public Uri Url { get; }

    /// <summary>Starts it and waits for its first answer; null where it is not installed.</summary>
    public static async Task<FlaskServer?> StartAsync(string folder, byte[] json)
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
        var server = new FlaskServer(gunicorn, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/predict")));
        try
        {
            await server.AnswersAsync(json);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _gunicorn.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await _gunicorn.WaitForExitAsync();
        _gunicorn.Dispose();
    }

    private async Task AnswersAsync(byte[] json)
    {
        using var http = new HttpClient();
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
                (await http.PostAsync(Url, content)).EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException) when (tries < 100 && !_gunicorn.HasExited)
            {
                await Task.Delay(100);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
