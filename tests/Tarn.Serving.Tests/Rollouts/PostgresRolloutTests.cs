using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Postgres;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Rollouts in PostgreSQL.</summary>
public sealed class PostgresRolloutTests(PostgresCluster cluster) : RolloutRunnerContract, IClassFixture<PostgresCluster>
{
    protected override async Task<MetadataStore> OpenAsync() => await PostgresMetadataStore.OpenAsync(
        await cluster.RequireAsync(), new PostgresMetadataOptions { MaxReaders = 4 }, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
}
