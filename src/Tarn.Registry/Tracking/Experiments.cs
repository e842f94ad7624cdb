using System.Data.Common;
using System.Globalization;
using Dapper;
using Tarn.Core;

namespace Tarn.Registry;

/// <summary>The experiments of a registry. Safe for use from several threads.</summary>
public sealed class Experiments
{
    private readonly RegistryStore _store;

    internal Experiments(RegistryStore store) => _store = store;

    /// <summary>Makes an experiment.</summary>
    /// <param name="name">Its name, 1 to 500 characters.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="artifactLocation">The URI below which its runs keep their artifacts; null for here.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="TarnException">The name or a tag breaks its rule, or the name is taken, perhaps by a deleted experiment.</exception>
    public Task<Experiment> CreateAsync(
        string name, IReadOnlyList<KeyValuePair<string, string>>? tags = null, string? artifactLocation = null, CancellationToken cancellation = default)
    {
        TrackingRules.ExperimentName(name);
        foreach (var (key, value) in tags ?? [])
        {
            CheckTag(key, value);
        }

        return _store.WriteAsync(
            async (connection, transaction) =>
            {
                await CheckFreeAsync(connection, transaction, name);
                var id = await connection.QuerySingleAsync<long>(
                    "INSERT INTO experiment(name, artifact_location, state, created_at, updated_at) VALUES (@name, '', 'active', @now, @now) RETURNING id",
                    new { name, now = _store.Now },
                    transaction);
                var location = string.IsNullOrEmpty(artifactLocation) ? ArtifactUris.OfExperiment(id) : StoredText.Clean(artifactLocation).TrimEnd('/');
                await connection.ExecuteAsync("UPDATE experiment SET artifact_location = @location WHERE id = @id", new { id, location }, transaction);
                foreach (var (key, value) in tags ?? [])
                {
                    await PutTagAsync(connection, transaction, id, key, value);
                }

                return await GetAsync(connection, id, transaction);
            },
            cancellation);
    }

    /// <summary>The experiment of a name, which is made where there is none.</summary>
    /// <exception cref="TarnException">The name breaks its rule, or the experiment was deleted.</exception>
    public async Task<Experiment> GetOrCreateAsync(string name, CancellationToken cancellation = default)
    {
        for (var again = false; ; again = true)
        {
            if (await FindAsync(name, cancellation) is { } found)
            {
                return found.State == LifecycleState.Active
                    ? found
                    : throw TarnException.Conflict("The experiment of that name was deleted.", name, "Restore it, or choose another name.");
            }

            try
            {
                return await CreateAsync(name, cancellation: cancellation);
            }
            catch (TarnException exception) when (!again && exception.Kind == ErrorKind.Conflict)
            {
                // Somebody else made it in between.
            }
        }
    }

    /// <summary>An experiment, also a deleted one.</summary>
    /// <exception cref="TarnException">There is none of that id.</exception>
    public Task<Experiment> GetAsync(long id, CancellationToken cancellation = default) => _store.ReadAsync(c => GetAsync(c, id), cancellation);

    /// <summary>The experiment of a name, also a deleted one; null where there is none.</summary>
    public Task<Experiment?> FindAsync(string name, CancellationToken cancellation = default) => _store.ReadAsync(
        async connection =>
        {
            var row = await connection.QuerySingleOrDefaultAsync<ExperimentRow>($"SELECT {ExperimentRow.Columns} FROM experiment r WHERE r.name = @name", new { name = StoredText.Clean(name) });
            return row is null ? null : (await WithTagsAsync(connection, [row]))[0];
        },
        cancellation);

    /// <summary>Searches.</summary>
    /// <exception cref="TarnException">The filter or the order does not read, or the limit is out of its range.</exception>
    public Task<SearchPage<Experiment>> SearchAsync(ExperimentSearch search, CancellationToken cancellation = default)
    {
        TrackingRules.Limit(search.Limit, TrackingRules.MostListed, search.Offset);
        var sql = _store.Search(SearchScope.Experiments, search.Filter, search.OrderBy);
        return _store.PageAsync<ExperimentRow, Experiment>(
            sql,
            $"SELECT {ExperimentRow.Columns} FROM experiment r{sql.Joins} WHERE {StateNames.Condition(search.View, "r.state")}{sql.Where} ORDER BY {sql.Order}r.created_at DESC, r.id DESC",
            search.Limit,
            search.Offset,
            static (connection, rows) => WithTagsAsync(connection, rows),
            cancellation);
    }

    /// <summary>What the runs of experiments do.</summary>
    /// <param name="ids">The experiments.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <returns>By id; an experiment without runs is not in it.</returns>
    public Task<IReadOnlyDictionary<long, ExperimentActivity>> ActivityAsync(IReadOnlyList<long> ids, CancellationToken cancellation = default) => _store.ReadAsync<IReadOnlyDictionary<long, ExperimentActivity>>(
        async connection =>
        {
            var found = new Dictionary<long, ExperimentActivity>();
            foreach (var some in ids.Distinct().Chunk(InList.Most))
            {
                var list = InList.Of(some);
                foreach (var (id, runs, running, last) in await connection.QueryAsync<(long Id, long Runs, long Running, long Last)>(
                    $"""
                    SELECT experiment, count(*), CAST(sum(CASE WHEN status = 'RUNNING' THEN 1 ELSE 0 END) AS BIGINT), max(started_at)
                    FROM training_run WHERE experiment IN {list.Sql} AND state = 'active' GROUP BY experiment
                    """,
                    list.Values))
                {
                    found[id] = new ExperimentActivity(runs, running, Instant.FromMicroseconds(last));
                }
            }

            return found;
        },
        cancellation);

    /// <summary>Gives an experiment another name.</summary>
    /// <exception cref="TarnException">There is no such experiment, it was deleted, the name breaks its rule or is taken.</exception>
    public Task RenameAsync(long id, string name, CancellationToken cancellation = default)
    {
        TrackingRules.ExperimentName(name);
        return _store.WriteAsync(
            async (connection, transaction) =>
            {
                var row = await ActiveAsync(connection, transaction, id);
                if (row.Name != name)
                {
                    await CheckFreeAsync(connection, transaction, name);
                    await connection.ExecuteAsync("UPDATE experiment SET name = @name, updated_at = @now WHERE id = @id", new { id, name, now = _store.Now }, transaction);
                }
            },
            cancellation);
    }

    /// <summary>Deletes an experiment and its runs, so that they can be restored.</summary>
    /// <exception cref="TarnException">There is no such experiment, or it was deleted already.</exception>
    public Task DeleteAsync(long id, CancellationToken cancellation = default) => _store.WriteAsync(
        async (connection, transaction) =>
        {
            await ActiveAsync(connection, transaction, id, missing: true);
            var now = _store.Now;
            await connection.ExecuteAsync("UPDATE experiment SET state = 'deleted', updated_at = @now, deleted_at = @now WHERE id = @id", new { id, now }, transaction);
            await connection.ExecuteAsync("UPDATE training_run SET state = 'deleted', deleted_at = @now WHERE experiment = @id AND state = 'active'", new { id, now }, transaction);
        },
        cancellation);

    /// <summary>Restores a deleted experiment, and the runs that were deleted with it.</summary>
    /// <exception cref="TarnException">There is no such experiment that was deleted.</exception>
    public Task RestoreAsync(long id, CancellationToken cancellation = default) => _store.WriteAsync(
        async (connection, transaction) =>
        {
            var row = await RowAsync(connection, id, transaction);
            if (row.State != StateNames.Deleted)
            {
                throw TarnException.NotFound("There is no deleted experiment of that id.", id.ToString(CultureInfo.InvariantCulture));
            }

            await connection.ExecuteAsync(
                "UPDATE training_run SET state = 'active', deleted_at = NULL WHERE experiment = @id AND state = 'deleted' AND deleted_at = @DeletedAt", new { id, row.DeletedAt }, transaction);
            await connection.ExecuteAsync("UPDATE experiment SET state = 'active', updated_at = @now, deleted_at = NULL WHERE id = @id", new { id, now = _store.Now }, transaction);
        },
        cancellation);

    /// <summary>Sets a tag; one that there is takes the new value.</summary>
    /// <exception cref="TarnException">There is no such experiment, it was deleted, or the tag breaks its rule.</exception>
    public Task SetTagAsync(long id, string name, string value, CancellationToken cancellation = default)
    {
        CheckTag(name, value);
        return _store.WriteAsync(
            async (connection, transaction) =>
            {
                await ActiveAsync(connection, transaction, id);
                await PutTagAsync(connection, transaction, id, name, value);
                await connection.ExecuteAsync("UPDATE experiment SET updated_at = @now WHERE id = @id", new { id, now = _store.Now }, transaction);
            },
            cancellation);
    }

    /// <summary>Removes a tag.</summary>
    /// <exception cref="TarnException">There is no such experiment or tag, or the experiment was deleted.</exception>
    public Task DeleteTagAsync(long id, string name, CancellationToken cancellation = default) => _store.WriteAsync(
        async (connection, transaction) =>
        {
            await ActiveAsync(connection, transaction, id);
            if (await connection.ExecuteAsync("DELETE FROM experiment_tag WHERE experiment = @id AND name = @name", new { id, name = StoredText.Clean(name) }, transaction) == 0)
            {
                throw TarnException.NotFound($"The experiment {id.ToString(CultureInfo.InvariantCulture)} has no tag of that name.", TrackingRules.Short(name));
            }
        },
        cancellation);

    internal static async Task<ExperimentRow> RowAsync(DbConnection connection, long id, DbTransaction? transaction = null) =>
        await connection.QuerySingleOrDefaultAsync<ExperimentRow>($"SELECT {ExperimentRow.Columns} FROM experiment r WHERE r.id = @id", new { id }, transaction)
        ?? throw TarnException.NotFound("There is no experiment of that id.", id.ToString(CultureInfo.InvariantCulture), "See the list of experiments.");

    /// <summary>An experiment that was not deleted.</summary>
    internal static async Task<ExperimentRow> ActiveAsync(DbConnection connection, DbTransaction transaction, long id, bool missing = false)
    {
        var row = await RowAsync(connection, id, transaction);
        return row.State == StateNames.Active ? row
            : missing ? throw TarnException.NotFound("There is no experiment of that id that was not deleted.", id.ToString(CultureInfo.InvariantCulture))
            : throw TarnException.InvalidInput("The experiment has to be active, and it was deleted.", id.ToString(CultureInfo.InvariantCulture), "Restore it first.");
    }

    private static void CheckTag(string name, string value)
    {
        TrackingRules.Name("tag", name);
        TrackingRules.Length("An experiment tag's value", value, 5000);
    }

    private static Task PutTagAsync(DbConnection connection, DbTransaction transaction, long id, string name, string value) => connection.ExecuteAsync(
        "INSERT INTO experiment_tag(experiment, name, value) VALUES (@id, @name, @value) ON CONFLICT(experiment, name) DO UPDATE SET value = excluded.value",
        new { id, name, value = StoredText.Clean(value) },
        transaction);

    private static async Task CheckFreeAsync(DbConnection connection, DbTransaction transaction, string name)
    {
        if (await connection.QuerySingleOrDefaultAsync<string?>("SELECT state FROM experiment WHERE name = @name", new { name }, transaction) is { } state)
        {
            throw TarnException.Conflict(
                state == StateNames.Deleted ? "An experiment of that name already exists, in deleted state." : "An experiment of that name already exists.",
                name,
                state == StateNames.Deleted ? "Restore it, or choose another name." : "Choose another name.");
        }
    }

    private static async Task<Experiment> GetAsync(DbConnection connection, long id, DbTransaction? transaction = null) =>
        (await WithTagsAsync(connection, [await RowAsync(connection, id, transaction)], transaction))[0];

    private static async Task<IReadOnlyList<Experiment>> WithTagsAsync(DbConnection connection, IReadOnlyList<ExperimentRow> rows, DbTransaction? transaction = null)
    {
        var tags = new List<NamedRow>();
        foreach (var ids in rows.Select(static r => r.Id).Chunk(InList.Most))
        {
            var list = InList.Of(ids);
            tags.AddRange(await connection.QueryAsync<NamedRow>(
                $"SELECT experiment AS Owner, name AS Name, value AS Value FROM experiment_tag WHERE experiment IN {list.Sql} ORDER BY experiment, name", list.Values, transaction));
        }

        var of = tags.ToLookup(static t => t.Owner);
        return [.. rows.Select(r => r.Experiment(of[r.Id].ToDictionary(static t => t.Name, static t => t.Value, StringComparer.Ordinal)))];
    }
}
