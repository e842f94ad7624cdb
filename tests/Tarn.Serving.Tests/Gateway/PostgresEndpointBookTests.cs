using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Postgres;
using Tarn.Postgres.Tests;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>The book of endpoints in PostgreSQL, where each book has a connection of its own, as those of several processes have.</summary>
public sealed class PostgresEndpointBookTests(PostgresCluster cluster) : EndpointBookContract, IClassFixture<PostgresCluster>
{
    private string? _connection;

    protected override async Task<MetadataStore> OpenAsync() => await PostgresMetadataStore.OpenAsync(
        _connection ??= await cluster.RequireAsync(), PostgresTestOptions.Patient, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
}
