using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Xunit;

namespace Tarn.Contracts;

/// <summary>
/// A PostgreSQL cluster of the tests' own in a temporary folder, on a free loopback port, as user postgres where the tests run as root. Where Debian's
/// packages are absent, <see cref="RequireAsync"/> skips the test with the reason.
/// </summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    /// <summary>Suites that run at once begin far from each other.</summary>
    private static int _lastPort = Environment.ProcessId * 37 % 12_000;

    private string? _binaries;
    private string _folder = "";
    private int _port;
    private int _databases;

    /// <summary>Whether the server flushes to the disk, as servers do; default false, which is faster and survives all but a loss of power.</summary>
    public bool IsDurable { get; init; }

    /// <summary>A connection string to an empty database; skips the running test, with the reason, where PostgreSQL is not installed.</summary>
    public async Task<string> RequireAsync()
    {
        if (await TryAsync() is { } connection)
        {
            return connection;
        }

        Assert.Skip("PostgreSQL is not installed (looked in /usr/lib/postgresql/*/bin; apt-get install postgresql).");
        return "";
    }

    /// <summary>A connection string to an empty database, or null where PostgreSQL is not installed.</summary>
    public async Task<string?> TryAsync()
    {
        if (_binaries is null)
        {
            return null;
        }

        var name = $"t{Interlocked.Increment(ref _databases)}";
        await using var connection = new NpgsqlConnection(Connection("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync();
        return Connection(name);
    }

    public async ValueTask InitializeAsync()
    {
        _binaries = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(static d => Path.Combine(d, "bin")).FirstOrDefault(static d => File.Exists(Path.Combine(d, "initdb")))
            : null;
        if (_binaries is null)
        {
            return;
        }

        _folder = (await RunAsync("mktemp", "-d", Path.Combine(Path.GetTempPath(), "tarn-postgres-XXXXXX"))).Trim();
        await RunAsync(Path.Combine(_binaries, "initdb"), "-D", Data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C");
        await StartAsync();
    }

    /// <summary>Starts the server, on the port that it had.</summary>
    public async Task StartAsync()
    {
        while (_port == 0)
        {
            _port = FreePort();
            try
            {
                await StartServerAsync();
                return;
            }
            catch (InvalidOperationException) when (Log().Contains("Address already in use", StringComparison.Ordinal))
            {
                // Somebody took it meanwhile.
                File.Delete(LogFile);
                _port = 0;
            }
        }

        await StartServerAsync();
    }

    /// <summary>Stops the server: at once, as a crash of it does, or in order.</summary>
    public Task StopAsync(bool crash) => RunAsync(Path.Combine(_binaries!, "pg_ctl"), "-D", Data, "-w", "-m", crash ? "immediate" : "fast", "stop");

    public async ValueTask DisposeAsync()
    {
        if (_binaries is not null)
        {
            NpgsqlConnection.ClearAllPools();
            await StopAsync(crash: true);
            await RunAsync("rm", "-rf", _folder);
        }
    }

    private string Data => Path.Combine(_folder, "data");

    private string LogFile => Path.Combine(_folder, "log");

    private string Connection(string database) => $"Host=127.0.0.1;Port={_port};Username=postgres;Password=not-to-be-seen;Database={database};Timeout=10;Command Timeout=30;Maximum Pool Size=8";

    /// <summary>Below those that the system gives to whoever connects or asks for any: the server comes back to its own after a while without it.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = 20_000 + (Interlocked.Increment(ref _lastPort) % 12_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken.
            }
        }
    }

    private string Log() => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private Task StartServerAsync() => RunAsync(
        Path.Combine(_binaries!, "pg_ctl"), "-D", Data, "-w", "-l", LogFile, "-o", $"-p {_port} -k {_folder} -c listen_addresses=127.0.0.1 -c fsync={(IsDurable ? "on" : "off")} -c max_connections=60", "start");

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        // initdb and postgres refuse to run as root.
        var start = Environment.UserName == "root"
            ? new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.WorkingDirectory = Path.GetTempPath();
        using var process = Process.Start(start)!;

        // A server that pg_ctl left behind keeps the pipes open: wait for the end of the process, not of its output.
        var output = program.EndsWith("pg_ctl", StringComparison.Ordinal) ? Task.FromResult("") : process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}
