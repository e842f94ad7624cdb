namespace Tarn.Pipelines.Tests;

/// <summary>
/// What the orchestrator promises, whatever its store: a suite that inherits from this runs on SQLite, where the process is alone, and by a class that inherits from
/// it (<see cref="PostgresStates"/>) in PostgreSQL, where the process is a node that leads.
/// </summary>
public abstract class OrchestratorContract
{
    private protected virtual WorldStore NewStore() => new SqliteWorldStore();

    private protected PipelineWorld NewWorld(int seed = 1, DateTimeOffset? start = null) => new(seed, start, NewStore());
}
