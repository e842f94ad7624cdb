using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;

namespace Tarn.Serving.Tests;

/// <summary>The book of endpoints in SQLite.</summary>
public sealed class SqliteEndpointBookTests : EndpointBookContract
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }

    protected override Task<MetadataStore> OpenAsync() => Task.FromResult(MetadataStore.Open(_directory.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance));
}
