using Microsoft.Extensions.Configuration;
using Tarn.Core;

namespace Tarn;

/// <summary>Where a verb's requests go: a server that runs, or a host of the verb's own on the data directory.</summary>
internal sealed class ServerLocator(ProgramPlan program, ProgramSurroundings surroundings)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const string KeyVariable = "TARN_API_KEY";

    /// <summary>The server named on the command line or in TARN_SERVER, else the one that the data directory's server.json names, else null.</summary>
    public async Task<Uri?> FindAsync(string? named, string dataDirectory, CancellationToken cancellation)
    {
        named ??= surroundings.Environment.GetValueOrDefault("TARN_SERVER");
        if (named is { Length: > 0 })
        {
            return Uri.TryCreate(named.Contains("://", StringComparison.Ordinal) ? named : $"http://{named}", UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                ? uri
                : throw TarnException.InvalidInput("A server is named by its URL.", named, "As in --server http://127.0.0.1:8080.");
        }

        return ServerFile.Read(dataDirectory) is { } file && ServerFile.IsAlive(file.Pid) && Uri.TryCreate(file.Url, UriKind.Absolute, out var found)
            && await AnswersAsync(found, new ApiAccess(null, ServerKey.Read(dataDirectory)?.Certificate), cancellation).ConfigureAwait(false)
            ? found
            : null;
    }

    /// <summary>
    /// The server, or a host of this process. Where another verb holds the directory, or a server that is about to answer, it
    /// is waited for a little.
    /// </summary>
    public async Task<Connection> ConnectAsync(VerbOptions options, CancellationToken cancellation)
    {
        var data = options.DataDirectory(program, surroundings);
        var start = surroundings.Time.GetTimestamp();
        while (true)
        {
            if (await FindAsync(options.Server, data, cancellation).ConfigureAwait(false) is { } server)
            {
                return new Connection(new ApiClient(server, AccessOf(options, data)), null);
            }

            try
            {
                var host = await TarnHost.StartAsync(program, surroundings, HostRequest.ForVerb(data, options), cancellation).ConfigureAwait(false);
                return new Connection(new ApiClient(host.Url, new ApiAccess(host.LocalKey, null)), host);
            }
            catch (TarnException exception) when (exception.Kind == ErrorKind.Conflict && surroundings.Time.GetElapsedTime(start) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), surroundings.Time, cancellation).ConfigureAwait(false);
            }
        }
    }

    // What the data directory says is for the server of the data directory: a server that was named is not sent it.
    private ApiAccess AccessOf(VerbOptions options, string data)
    {
        var given = options.ApiKey is { Length: > 0 } key ? key : surroundings.Environment.GetValueOrDefault(KeyVariable);
        var isNamed = (options.Server ?? surroundings.Environment.GetValueOrDefault("TARN_SERVER")) is { Length: > 0 };
        var own = isNamed ? null : ServerKey.Read(data);
        return new ApiAccess(given is { Length: > 0 } ? given : own?.Key, own?.Certificate);
    }

    private static async Task<bool> AnswersAsync(Uri server, ApiAccess access, CancellationToken cancellation)
    {
        using var client = new ApiClient(server, access);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(3));
        try
        {
            await client.GetBytesAsync("/health/live", patience.Token).ConfigureAwait(false);
            return true;
        }
        catch (TarnException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}

/// <summary>A client, and the host behind it where that is of this process.</summary>
internal sealed class Connection(ApiClient client, TarnHost? host) : IAsyncDisposable
{
    public ApiClient Client { get; } = client;

    public TarnHost? Host { get; } = host;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (Host is not null)
        {
            await Host.DisposeAsync().ConfigureAwait(false);
        }
    }
}
