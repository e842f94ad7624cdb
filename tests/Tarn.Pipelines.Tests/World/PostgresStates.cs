using Tarn.Contracts;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>The state of intervals and backfills in PostgreSQL: the same tests, fewer rounds.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresStates : ICollectionFixture<PostgresCluster>
{
    public const string Name = "postgres";
}

[Collection(PostgresStates.Name)]
public sealed class IntervalStatesInPostgresTests(ITestOutputHelper output, PostgresCluster cluster) : IntervalStatesTests(output)
{
    private protected override int Rounds => 3;

    private protected override Task<IntervalStore> StoreAsync(int scripts) => IntervalStore.CreateAsync(cluster, scripts);
}

[Collection(PostgresStates.Name)]
public sealed class BackfillInPostgresTests(ITestOutputHelper output, PostgresCluster cluster) : BackfillTests(output)
{
    private protected override int Rounds => 2;

    private protected override Task<IntervalStore> StoreAsync() => IntervalStore.CreateAsync(cluster);
}
