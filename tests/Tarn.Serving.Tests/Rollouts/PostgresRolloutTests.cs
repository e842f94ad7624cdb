using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Postgres;
using Tarn.Postgres.Tests;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Rollouts in PostgreSQL.</summary>
public sealed class PostgresRolloutTests(PostgresCluster cluster) : RolloutRunnerContract, IClassFixture<PostgresCluster>
{
    protected override async Task<MetadataStore> OpenAsync() => await PostgresMetadataStore.OpenAsync(
        await cluster.RequireAsync(), PostgresTestOptions.Patient, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
}
