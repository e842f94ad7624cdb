using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;

namespace Tarn.Postgres.Tests;

/// <summary>Alerts in PostgreSQL.</summary>
public sealed class PostgresAlertTests(PostgresCluster cluster) : AlertDeliveryContract
{
    private string? _connection;

    protected override async Task<MetadataStore> OpenAsync() => await PostgresMetadataStore.OpenAsync(
        _connection ??= await cluster.RequireAsync(), PostgresTestOptions.Patient, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
}
