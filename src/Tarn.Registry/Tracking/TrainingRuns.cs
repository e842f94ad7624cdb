using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Registry;

/// <summary>The training runs of a registry, and what is logged to them. Safe for use from several threads.</summary>
public sealed partial class TrainingRuns
{
    private readonly RegistryStore _store;

    internal TrainingRuns(RegistryStore store) => _store = store;

    /// <summary>Starts a run.</summary>
    /// <exception cref="TarnException">There is no such experiment, it was deleted, or a tag breaks its rule.</exception>
    public Task<TrainingRun> StartAsync(NewTrainingRun run, CancellationToken cancellation = default)
    {
        TrackingRules.Batch(new RunBatch { Tags = run.Tags });
        var id = _store.Ids.NewId();
        var named = run.Tags.LastOrDefault(static t => t.Key == RunTags.Name).Value;
        if (run.Name is not null && named is not null && run.Name != named)
        {
            throw TarnException.InvalidInput($"A run's name and its tag {RunTags.Name} are the same.", $"{TrackingRules.Short(run.Name)}, {TrackingRules.Short(named)}", "Give one of both.");
        }

        var name = FirstGiven(run.Name, named) ?? $"run-{id[^8..]}";
        TrackingRules.Length("A run's name", name, TrackingRules.MostTagLength);
        return _store.WriteAsync(
            async (connection, transaction) =>
            {
                var experiment = await Experiments.ActiveAsync(connection, transaction, run.ExperimentId);
                var seq = await connection.QuerySingleAsync<long>(
                    """
                    INSERT INTO training_run(id, experiment, name, user_id, status, state, started_at, artifact_location)
                    VALUES (@id, @experiment, @name, @user, 'RUNNING', 'active', @started, @location) RETURNING seq
                    """,
                    new
                    {
                        id,
                        experiment = experiment.Id,
                        name = StoredText.Clean(name),
                        user = StoredText.Clean(run.User),
                        started = run.StartedAt is { } at ? Instant.ToMicroseconds(at) : _store.Now,
                        location = ArtifactUris.OfRun(experiment.ArtifactLocation, id),
                    },
                    transaction);
                var statements = new StatementList();
                foreach (var (key, value) in run.Tags.Append(new(RunTags.Name, name)))
                {
                    PutTag(statements, seq, key, value);
                }

                await statements.ExecuteAsync(connection, transaction);
                return (await WithDataAsync(connection, [await RowAsync(connection, id, transaction)], transaction))[0];
            },
            cancellation);
    }

    /// <summary>A run, also a deleted one, with what was logged to it.</summary>
    /// <exception cref="TarnException">There is none of that id.</exception>
    public Task<TrainingRun> GetAsync(string id, CancellationToken cancellation = default) =>
        _store.ReadAsync(async c => (await WithDataAsync(c, [await RowAsync(c, id)]))[0], cancellation);

    /// <summary>Changes a run's name, status or end.</summary>
    /// <exception cref="TarnException">There is no such run, or it was deleted.</exception>
    public Task<TrainingRun> UpdateAsync(string id, TrainingRunChange change, CancellationToken cancellation = default)
    {
        var name = FirstGiven(change.Name, null);
        TrackingRules.Length("A run's name", name ?? "", TrackingRules.MostTagLength);
        return _store.WriteAsync(
            async (connection, transaction) =>
            {
                var row = await ActiveAsync(connection, transaction, id);
                await connection.ExecuteAsync(
                    "UPDATE training_run SET status = @status, ended_at = @ended, name = @name WHERE seq = @seq",
                    new
                    {
                        seq = row.Seq,
                        status = change.Status?.Name() ?? row.Status,
                        ended = change.EndedAt is { } at ? Instant.ToMicroseconds(at) : row.EndedAt,
                        name = StoredText.Clean(name ?? row.Name),
                    },
                    transaction);
                if (name is not null)
                {
                    var statements = new StatementList();
                    PutTag(statements, row.Seq, RunTags.Name, name);
                    await statements.ExecuteAsync(connection, transaction);
                }

                return (await WithDataAsync(connection, [await RowAsync(connection, id, transaction)], transaction))[0];
            },
            cancellation);
    }

    /// <summary>Ends a run now.</summary>
    /// <exception cref="TarnException">There is no such run, or it was deleted.</exception>
    public Task<TrainingRun> EndAsync(string id, TrainingRunStatus status, CancellationToken cancellation = default) =>
        UpdateAsync(id, new TrainingRunChange { Status = status, EndedAt = Instant.FromMicroseconds(_store.Now) }, cancellation);

    /// <summary>Deletes a run, so that it can be restored. One that was deleted already stays so.</summary>
    /// <exception cref="TarnException">There is no such run.</exception>
    public Task DeleteAsync(string id, CancellationToken cancellation = default) => SetStateAsync(id, StateNames.Deleted, cancellation);

    /// <summary>Restores a deleted run. One that was not deleted stays as it is.</summary>
    /// <exception cref="TarnException">There is no such run, or its experiment was deleted.</exception>
    public Task RestoreAsync(string id, CancellationToken cancellation = default) => SetStateAsync(id, StateNames.Active, cancellation);

    internal static async Task<RunRow> RowAsync(DbConnection connection, string id, DbTransaction? transaction = null) =>
        await connection.QuerySingleOrDefaultAsync<RunRow>($"SELECT {RunRow.Columns} FROM training_run r WHERE r.id = @id", new { id = StoredText.Clean(id) }, transaction)
        ?? throw TarnException.NotFound("There is no training run of that id.", TrackingRules.Short(id), "See the list of training runs.");

    private static async Task<RunRow> ActiveAsync(DbConnection connection, DbTransaction transaction, string id)
    {
        var row = await RowAsync(connection, id, transaction);
        return row.State == StateNames.Active ? row : throw TarnException.InvalidInput("The training run has to be active, and it was deleted.", id, "Restore it first.");
    }

    private static string? FirstGiven(string? one, string? other) => !string.IsNullOrEmpty(one) ? one : !string.IsNullOrEmpty(other) ? other : null;

    private Task SetStateAsync(string id, string state, CancellationToken cancellation) => _store.WriteAsync(
        async (connection, transaction) =>
        {
            var row = await RowAsync(connection, id, transaction);
            if (row.State != state)
            {
                if (state == StateNames.Active)
                {
                    await Experiments.ActiveAsync(connection, transaction, row.Experiment);
                }

                await connection.ExecuteAsync(
                    "UPDATE training_run SET state = @state, deleted_at = @at WHERE seq = @seq", new { seq = row.Seq, state, at = state == StateNames.Deleted ? _store.Now : (long?)null }, transaction);
            }
        },
        cancellation);
}
