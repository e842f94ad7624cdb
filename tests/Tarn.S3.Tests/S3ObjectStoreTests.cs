using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Xunit;

[assembly: AssemblyFixture(typeof(MotoServer))]

namespace Tarn.S3.Tests;

/// <summary>The contract of object stores over S3, as moto speaks it.</summary>
public sealed class S3ObjectStoreTests(MotoServer server) : ObjectStoreContract, IAsyncLifetime
{
    private readonly List<S3ObjectStore> _opened = [];
    private string _bucket = "";

    public async ValueTask InitializeAsync() => _bucket = await server.RequireBucketAsync();

    public ValueTask DisposeAsync()
    {
        _opened.ForEach(static s => s.Dispose());
        return ValueTask.CompletedTask;
    }

    protected override ObjectStore Open()
    {
        var options = new S3StoreOptions { Endpoint = server.Endpoint.ToString(), PathStyle = true, PartBytes = 5 << 20 };
        var store = new S3ObjectStore(new S3Location(_bucket, "a prefix/ü"), options, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
        lock (_opened)
        {
            _opened.Add(store);
        }

        return store;
    }
}
