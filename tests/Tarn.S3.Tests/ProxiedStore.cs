using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;

namespace Tarn.S3.Tests;

/// <summary>A bucket behind a proxy, and stores that reach it through the proxy or past it.</summary>
internal sealed class ProxiedStore : IAsyncDisposable
{
    private readonly List<S3ObjectStore> _opened = [];
    private readonly MotoServer _server;
    private readonly string _bucket;

    private ProxiedStore(MotoServer server, string bucket, FaultProxy proxy)
    {
        _server = server;
        _bucket = bucket;
        Proxy = proxy;
        Direct = Open(_server.Endpoint.ToString(), new S3StoreOptions());
    }

    public string Bucket => _bucket;

    public FaultProxy Proxy { get; }

    /// <summary>Past the proxy.</summary>
    public S3ObjectStore Direct { get; }

    public static async Task<ProxiedStore> StartAsync(MotoServer server) => new(server, await server.RequireBucketAsync(), await FaultProxy.StartAsync(server.Endpoint));

    /// <summary>Through the proxy, as another process would.</summary>
    public S3ObjectStore Open(S3StoreOptions? options = null) => Open(Proxy.Endpoint, options ?? new S3StoreOptions());

    /// <summary>Past the proxy, at a place of its own.</summary>
    public S3ObjectStore OpenAt(string location) => Open(_server.Endpoint.ToString(), new S3StoreOptions(), S3Location.Parse(location));

    public async ValueTask DisposeAsync()
    {
        _opened.ForEach(static s => s.Dispose());
        await Proxy.DisposeAsync();
    }

    private S3ObjectStore Open(string endpoint, S3StoreOptions options, S3Location? location = null)
    {
        var store = new S3ObjectStore(location ?? new S3Location(_bucket, "lake"), options with { Endpoint = endpoint, PathStyle = true }, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
        lock (_opened)
        {
            _opened.Add(store);
        }

        return store;
    }
}
