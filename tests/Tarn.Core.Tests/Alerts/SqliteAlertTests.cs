using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;

namespace Tarn.Core.Tests;

/// <summary>Alerts in SQLite.</summary>
public sealed class SqliteAlertTests : AlertDeliveryContract, IDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);

    public void Dispose() => _directory.Dispose();

    protected override Task<MetadataStore> OpenAsync() => Task.FromResult(MetadataStore.Open(_directory.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance));
}
