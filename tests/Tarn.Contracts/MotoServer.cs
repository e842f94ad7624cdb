using System.Diagnostics;
using System.Globalization;
using System.Text;
using Xunit;

namespace Tarn.Contracts;

/// <summary>
/// A server that speaks S3, of the tests' own: Python's moto on a free loopback port, its objects in memory, ended with the tests (also when they are
/// killed: it ends when its input does). Where moto is absent, <see cref="RequireBucketAsync"/> skips the test with the reason.
/// <para>Where moto 5.2 and S3 differ, as far as the tests met it:</para>
/// <list type="bullet">
/// <item>Its check and its write of a PUT with <c>If-None-Match: *</c> are two steps, between which its threads may change places; S3's are one. Here PUTs
/// are let in one at a time, which makes them one.</item>
/// <item>It never answers 409 ConditionalRequestConflict, 503 SlowDown, or late: the tests' proxy does that.</item>
/// <item>It takes any credentials and no signature, so what S3 says to wrong ones is told by the proxy, too.</item>
/// <item>Its HTTP server is Werkzeug's for development: HTTP/1.1 without TLS; S3 closes idle connections after some seconds, this one never.</item>
/// <item>It sets an object's metadata after the object can be seen; with S3 both appear together. (PUTs in turn hide that from writers, not from readers.)</item>
/// <item>It lists unfinished uploads of the whole bucket whatever the prefix, on one page.</item>
/// <item>It takes parts of any length but checks the least length at completion; it computes no checksums of what was sent to compare them.</item>
/// <item>Times are those of its own process, in whole seconds in listings' heads, as with S3.</item>
/// </list>
/// </summary>
public sealed class MotoServer : IAsyncLifetime
{
    private const string Script = """
        import logging, os, sys, threading
        try:
            from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
            from moto.s3.responses import S3Response
            from werkzeug.serving import WSGIRequestHandler, make_server
        except ImportError as error:
            print("missing", error, flush=True)
            sys.exit(3)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        gate = threading.Lock()
        put = S3Response.put_object
        def one_at_a_time(self):
            with gate:
                return put(self)
        S3Response.put_object = one_at_a_time
        WSGIRequestHandler.protocol_version = "HTTP/1.1"
        server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
        server.daemon_threads = True
        def end_with_parent():
            sys.stdin.buffer.read()
            os._exit(0)
        threading.Thread(target=end_with_parent, daemon=True).start()
        print("port", server.port, flush=True)
        server.serve_forever()
        """;

    private readonly StringBuilder _errors = new();
    private Process? _process;
    private string? _absent;
    private int _buckets;

    /// <summary>Where it listens.</summary>
    public Uri Endpoint { get; private set; } = new("http://127.0.0.1:1");

    /// <summary>The name of a new, empty bucket; skips the running test, with the reason, where moto is not installed.</summary>
    public async Task<string> RequireBucketAsync()
    {
        Assert.SkipWhen(_absent is not null, _absent ?? "");
        var bucket = string.Create(CultureInfo.InvariantCulture, $"tarn-test-{Interlocked.Increment(ref _buckets)}");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(Endpoint, bucket));

        // moto tells services apart by what a signature names.
        request.Headers.TryAddWithoutValidation("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0");
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return bucket;
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (FindPython() is not { } python)
        {
            _absent = "moto is not installed (looked for moto_server in PATH and ~/.pyenv/shims; pip install 'moto[server]').";
            return;
        }

        _process = Process.Start(new ProcessStartInfo(python, ["-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
        _process.BeginErrorReadLine();
        var said = await _process.StandardOutput.ReadLineAsync() ?? "";
        if (said.StartsWith("missing", StringComparison.Ordinal))
        {
            _absent = $"moto is not installed for {python}: {said}.";
        }
        else if (said.StartsWith("port ", StringComparison.Ordinal))
        {
            Endpoint = new Uri($"http://127.0.0.1:{said[5..]}");
        }
        else
        {
            throw new InvalidOperationException($"moto did not start: {said}\n{_errors}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.StandardInput.Close();
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }

    /// <summary>The Python that moto_server runs in: the one its first line names, or where a shim stands for it, the one beside.</summary>
    private static string? FindPython()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Append(Path.Combine(home, ".pyenv", "shims"));
        foreach (var folder in folders)
        {
            var program = Path.Combine(folder, "moto_server");
            if (!File.Exists(program))
            {
                continue;
            }

            var first = File.ReadLines(program).FirstOrDefault() ?? "";
            var named = first.StartsWith("#!", StringComparison.Ordinal) ? first[2..].Trim() : "";
            return named.Contains("python", StringComparison.Ordinal) && File.Exists(named) ? named : Path.Combine(folder, "python3") is var beside && File.Exists(beside) ? beside : "python3";
        }

        return null;
    }
}
