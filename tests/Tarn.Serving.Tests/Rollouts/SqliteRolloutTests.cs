using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;

namespace Tarn.Serving.Tests;

/// <summary>Rollouts in SQLite.</summary>
public sealed class SqliteRolloutTests : RolloutRunnerContract, IDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);

    public void Dispose() => _directory.Dispose();

    protected override Task<MetadataStore> OpenAsync() => Task.FromResult(MetadataStore.Open(_directory.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance));
}
