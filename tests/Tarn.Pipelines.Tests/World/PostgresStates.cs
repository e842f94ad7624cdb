using Tarn.Contracts;
using Tarn.Pipelines.Tests.Definition;
using Tarn.Pipelines.Tests.Execution;
using Tarn.Pipelines.Tests.Logs;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>Suites that run on SQLite, in PostgreSQL: the same tests, fewer rounds. They share a cluster, and each test has a database of its own.</summary>
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

[Collection(PostgresStates.Name)]
public sealed class ExecutionInPostgresTests(PostgresCluster cluster) : ExecutionTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class SchedulerInPostgresTests(PostgresCluster cluster) : SchedulerTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class RecoveryInPostgresTests(PostgresCluster cluster) : RecoveryTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class CacheInPostgresTests(PostgresCluster cluster) : CacheTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class WriteIdInPostgresTests(PostgresCluster cluster) : WriteIdTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class PipelineAlertInPostgresTests(PostgresCluster cluster) : PipelineAlertTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class FaultInPostgresTests(PostgresCluster cluster) : FaultTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class BrokenRunInPostgresTests(PostgresCluster cluster) : BrokenRunTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class OddTextInPostgresTests(PostgresCluster cluster) : OddTextTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class KindInPostgresTests(PostgresCluster cluster) : KindTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class SensorInPostgresTests(PostgresCluster cluster) : SensorTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class SubPipelineInPostgresTests(PostgresCluster cluster) : SubPipelineTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class BackfillDutyInPostgresTests(PostgresCluster cluster) : BackfillDutyTests
{
    private protected override int Seeds => 3;

    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class ParameterInPostgresTests(PostgresCluster cluster) : ParameterTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class RepairInPostgresTests(PostgresCluster cluster) : RepairTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class IntervalRunInPostgresTests(PostgresCluster cluster) : IntervalRunTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class RepairSeenInPostgresTests(PostgresCluster cluster) : RepairSeenTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class RepairTurnInPostgresTests(PostgresCluster cluster) : RepairTurnTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class DataRunInPostgresTests(PostgresCluster cluster) : DataRunTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class RepairSimulationInPostgresTests(ITestOutputHelper output, PostgresCluster cluster) : RepairSimulationTests(output)
{
    private protected override int Seeds => 1;

    private protected override int Steps => 40;

    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class DataSensorInPostgresTests(PostgresCluster cluster) : DataSensorTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class HttpSensorInPostgresTests(PostgresCluster cluster) : HttpSensorTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class SimulationInPostgresTests(ITestOutputHelper output, PostgresCluster cluster) : SimulationTests(output)
{
    private protected override int Seeds => 2;

    private protected override int Steps => 40;

    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}

[Collection(PostgresStates.Name)]
public sealed class LogBufferInPostgresTests(PostgresCluster cluster) : LogBufferTests
{
    private protected override WorldStore NewStore() => new PostgresWorldStore(cluster);
}
