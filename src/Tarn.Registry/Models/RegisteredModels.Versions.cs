using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Dapper;
using Tarn.Core;

namespace Tarn.Registry;

/// <content>Versions.</content>
public sealed partial class RegisteredModels
{
    /// <summary>
    /// Registers a version. First it is given a number, then its files are kept, and then one commit makes it visible, with all of them: whoever sees a version can read it. Where the
    /// process ends in between, the number is used up, and the files are removed at the next start.
    /// </summary>
    /// <exception cref="TarnException">The name, a tag or a file's path breaks its rule, there is no such model or run, the store cannot be written, or the model was deleted meanwhile.</exception>
    public async Task<ModelVersion> RegisterAsync(NewModelVersion version, CancellationToken cancellation = default)
    {
        Check(version);
        var (model, number) = await ReserveAsync(version, cancellation);
        var folder = string.Create(CultureInfo.InvariantCulture, $"{ArtifactUris.ModelsFolder}/{model.Folder}/{number}");
        var files = new List<ModelFile>();
        try
        {
            foreach (var source in version.Files.OrderBy(static f => f.Path, StringComparer.Ordinal))
            {
                await using var content = await source.OpenAsync(cancellation);
                files.Add((await _artifacts.PutAsync($"{folder}/{source.Path}", content, cancellation)) with { Path = source.Path });
            }

            return await CommitAsync(version, model.Id, number, files.Count > 0 ? folder : null, files, cancellation);
        }
        catch (Exception exception) when (exception is not TarnException { IsOutcomeUnknown: true })
        {
            await CleanUpAsync(folder);
            throw;
        }
    }

    /// <summary>A version.</summary>
    /// <exception cref="TarnException">There is no such model or version.</exception>
    public Task<ModelVersion> GetVersionAsync(string model, long version, CancellationToken cancellation = default) =>
        _store.ReadAsync(async c => (await WithDataAsync(c, [await VersionAsync(c, model, version)]))[0], cancellation);

    /// <summary>Searches versions of all models.</summary>
    /// <exception cref="TarnException">The filter or the order does not read, or the limit is out of its range.</exception>
    public Task<SearchPage<ModelVersion>> SearchVersionsAsync(ModelSearch search, CancellationToken cancellation = default)
    {
        TrackingRules.Limit(search.Limit, ModelRules.MostListed, search.Offset);
        var sql = _store.Search(SearchScope.Versions, search.Filter, search.OrderBy);
        return _store.PageAsync<VersionRow, ModelVersion>(
            sql,
            $"SELECT {VersionRow.Columns} FROM {VersionRow.From}{sql.Joins} WHERE 1 = 1{sql.Where} ORDER BY {sql.Order}m.name, r.version DESC",
            search.Limit,
            search.Offset,
            static (connection, rows) => WithDataAsync(connection, rows),
            cancellation);
    }

    /// <summary>The versions of a model, newest first.</summary>
    /// <exception cref="TarnException">There is no such model.</exception>
    public Task<IReadOnlyList<ModelVersion>> ListVersionsAsync(string model, CancellationToken cancellation = default) => _store.ReadAsync(
        async connection =>
        {
            var row = await ModelRow.GetAsync(connection, model);
            var rows = (await connection.QueryAsync<VersionRow>($"SELECT {VersionRow.Columns} FROM {VersionRow.From} WHERE r.model = @Id ORDER BY r.version DESC", row)).AsList();
            return await WithDataAsync(connection, rows);
        },
        cancellation);

    /// <summary>Of each stage of MLflow's older way the newest version, for several models at once.</summary>
    /// <returns>The versions by their models' names; a model that there is not has none.</returns>
    public Task<ILookup<string, ModelVersion>> LatestByStageAsync(IReadOnlyList<string> models, CancellationToken cancellation = default) => _store.ReadAsync(
        async connection =>
        {
            var found = new List<ModelVersion>();
            foreach (var names in models.Distinct().Chunk(InList.Most))
            {
                var list = InList.Of(names);
                var rows = (await connection.QueryAsync<VersionRow>(
                    $"""
                    SELECT {VersionRow.Columns} FROM {VersionRow.From}
                    WHERE m.name IN {list.Sql} AND r.version = (SELECT max(o.version) FROM model_version o WHERE o.model = r.model AND o.stage = r.stage) ORDER BY m.name, r.version
                    """,
                    list.Values)).AsList();
                found.AddRange(await WithDataAsync(connection, rows));
            }

            return found.ToLookup(static v => v.Model, StringComparer.Ordinal);
        },
        cancellation);

    /// <summary>Describes a version.</summary>
    /// <exception cref="TarnException">There is no such model or version.</exception>
    public Task<ModelVersion> DescribeVersionAsync(string model, long version, string description, CancellationToken cancellation = default) => ChangeVersionAsync(
        model,
        version,
        (connection, transaction, row) => connection.ExecuteAsync(
            "UPDATE model_version SET description = @description WHERE model = @ModelId AND version = @Version", new { description = StoredText.Clean(description), row.ModelId, row.Version }, transaction),
        cancellation);

    /// <summary>Sets a tag; one that there is takes the new value.</summary>
    /// <exception cref="TarnException">There is no such model or version, or the tag breaks its rule.</exception>
    public Task SetVersionTagAsync(string model, long version, string key, string value, CancellationToken cancellation = default)
    {
        ModelRules.Tag(key, value);
        return ChangeVersionAsync(model, version, (connection, transaction, row) => PutTagAsync(connection, transaction, row.ModelId, row.Version, key, value), cancellation);
    }

    /// <summary>Removes a tag; one that is not there is no error.</summary>
    /// <exception cref="TarnException">There is no such model or version.</exception>
    public Task DeleteVersionTagAsync(string model, long version, string key, CancellationToken cancellation = default) => ChangeVersionAsync(
        model,
        version,
        (connection, transaction, row) => connection.ExecuteAsync(
            "DELETE FROM model_version_tag WHERE model = @ModelId AND version = @Version AND name = @key", new { row.ModelId, row.Version, key = StoredText.Clean(key) }, transaction),
        cancellation);

    /// <summary>
    /// Puts a version into a stage, MLflow's older way of marking versions. It is kept for clients that use it, and changes no alias: nothing in Tarn is steered by it.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="version">The version.</param>
    /// <param name="stage">None, Staging, Production or Archived, in any case.</param>
    /// <param name="archiveExisting">Whether other versions in that stage, Staging or Production, become Archived.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="TarnException">There is no such model or version, there is no such stage, or versions of a stage that holds none in particular were to be archived.</exception>
    public Task<ModelVersion> TransitionStageAsync(string model, long version, string stage, bool archiveExisting, CancellationToken cancellation = default)
    {
        stage = ModelRules.Stage(stage);
        if (archiveExisting && stage is "None" or "Archived")
        {
            throw TarnException.InvalidInput("Existing versions are archived where one goes to Staging or Production only.", stage);
        }

        return ChangeVersionAsync(
            model,
            version,
            async (connection, transaction, row) =>
            {
                if (archiveExisting)
                {
                    await connection.ExecuteAsync(
                        "UPDATE model_version SET stage = 'Archived', updated_at = @now WHERE model = @ModelId AND version <> @Version AND stage = @stage",
                        new { row.ModelId, row.Version, stage, now = _store.Now },
                        transaction);
                }

                await connection.ExecuteAsync("UPDATE model_version SET stage = @stage WHERE model = @ModelId AND version = @Version", new { row.ModelId, row.Version, stage }, transaction);
            },
            cancellation);
    }

    /// <summary>Deletes a version with its files, for good; aliases that mean it are taken away, which the ledger tells. Its number is not used again.</summary>
    /// <exception cref="TarnException">There is no such model or version.</exception>
    public async Task DeleteVersionAsync(string model, long version, AliasChange change, CancellationToken cancellation = default)
    {
        ModelRules.Change(change);
        var folder = await _store.WriteAsync(
            async (connection, transaction) =>
            {
                var row = await VersionAsync(connection, model, version, transaction);
                var of = await ModelRow.GetAsync(connection, model, transaction);
                foreach (var alias in (await AliasesAsync(connection, transaction, row.ModelId)).Where(a => a.Version == version))
                {
                    await RemoveAliasAsync(connection, transaction, of, alias.Alias, version, change);
                }

                await connection.ExecuteAsync("DELETE FROM model_version_tag WHERE model = @ModelId AND version = @Version", row, transaction);
                await connection.ExecuteAsync("DELETE FROM model_version WHERE model = @ModelId AND version = @Version", row, transaction);
                await TouchAsync(connection, transaction, row.ModelId);
                await _store.Metadata.SignalAsync(connection, transaction, Signal, row.Model);
                return row.Folder;
            },
            cancellation);
        if (folder is not null)
        {
            await _artifacts.DeleteAsync(folder, cancellation);
        }
    }

    internal static async Task<VersionRow> VersionAsync(DbConnection connection, string model, long version, DbTransaction? transaction = null)
    {
        var of = await ModelRow.GetAsync(connection, model, transaction);
        return await connection.QuerySingleOrDefaultAsync<VersionRow>(
            $"SELECT {VersionRow.Columns} FROM {VersionRow.From} WHERE r.model = @Id AND r.version = @version", new { of.Id, version }, transaction)
            ?? throw TarnException.NotFound($"The model {of.Name} has no such version.", version.ToString(CultureInfo.InvariantCulture), "See the list of its versions.");
    }

    private async Task CleanUpAsync(string folder)
    {
        try
        {
            await _artifacts.DeleteAsync(folder, CancellationToken.None);
        }
        catch (TarnException)
        {
            // Why the registration failed is what counts; what could not be removed now is at the next start.
        }
    }

    private static void Check(NewModelVersion version)
    {
        ModelRules.ModelName(version.Model);
        foreach (var (key, value) in version.Tags)
        {
            ModelRules.Tag(key, value);
        }

        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in version.Files)
        {
            ArtifactStore.CheckPath(file.Path);
            if (!paths.Add(file.Path))
            {
                throw TarnException.InvalidInput("A version has a file of a path once.", file.Path);
            }
        }

        if (version.Files.Count == 0 && string.IsNullOrEmpty(version.Source))
        {
            throw TarnException.InvalidInput("A version has files, or a source where they are.", version.Model);
        }
    }

    private static Task PutTagAsync(DbConnection connection, DbTransaction transaction, long model, long version, string key, string value) => connection.ExecuteAsync(
        "INSERT INTO model_version_tag(model, version, name, value) VALUES (@model, @version, @key, @value) ON CONFLICT(model, version, name) DO UPDATE SET value = excluded.value",
        new { model, version, key, value = StoredText.Clean(value) },
        transaction);

    private static async Task<IReadOnlyList<ModelVersion>> WithDataAsync(DbConnection connection, IReadOnlyList<VersionRow> rows, DbTransaction? transaction = null)
    {
        var tags = new List<VersionTagRow>();
        var aliases = new List<AliasRow>();
        foreach (var ids in rows.Select(static r => r.ModelId).Distinct().Chunk(InList.Most))
        {
            var list = InList.Of(ids);
            tags.AddRange(await connection.QueryAsync<VersionTagRow>(
                $"SELECT model AS Model, version AS Version, name AS Name, value AS Value FROM model_version_tag WHERE model IN {list.Sql} ORDER BY model, version, name", list.Values, transaction));
            aliases.AddRange(await connection.QueryAsync<AliasRow>(
                $"SELECT model AS Model, alias AS Alias, version AS Version FROM model_alias WHERE model IN {list.Sql} ORDER BY model, alias", list.Values, transaction));
        }

        var tagsOf = tags.ToLookup(static t => (t.Model, t.Version));
        var aliasesOf = aliases.ToLookup(static a => (a.Model, a.Version));
        return [.. rows.Select(r => r.ToVersion() with
        {
            Aliases = [.. aliasesOf[(r.ModelId, r.Version)].Select(static a => a.Alias)],
            Tags = [.. tagsOf[(r.ModelId, r.Version)].Select(static t => KeyValuePair.Create(t.Name, t.Value))],
        })];
    }

    private Task<(ModelRow Model, long Number)> ReserveAsync(NewModelVersion version, CancellationToken cancellation) => _store.WriteAsync(
        async (connection, transaction) =>
        {
            var model = version.CreateModel
                ? await ModelRow.FindAsync(connection, version.Model, transaction) ?? await InsertAsync(connection, transaction, version.Model, "")
                : await ModelRow.GetAsync(connection, version.Model, transaction);
            var number = await connection.QuerySingleAsync<long>("UPDATE registered_model SET last_version = last_version + 1 WHERE id = @Id RETURNING last_version", model, transaction);
            return (model, number);
        },
        cancellation);

    private Task<ModelVersion> CommitAsync(NewModelVersion version, long model, long number, string? folder, IReadOnlyList<ModelFile> files, CancellationToken cancellation) => _store.WriteAsync(
        async (connection, transaction) =>
        {
            var name = await connection.QuerySingleOrDefaultAsync<string?>("SELECT name FROM registered_model WHERE id = @model", new { model }, transaction)
                ?? throw TarnException.Conflict("The model was deleted while a version of it was being registered.", version.Model);
            await connection.ExecuteAsync(
                """
                INSERT INTO model_version(model, version, source, run, run_link, description, user_id, stage, folder, files, created_at, updated_at)
                VALUES (@model, @number, @source, @run, @link, @description, @user, 'None', @folder, @files, @now, @now)
                """,
                new
                {
                    model,
                    number,
                    source = StoredText.Clean(string.IsNullOrEmpty(version.Source) ? ArtifactUris.OfFolder(folder!) : version.Source),
                    run = string.IsNullOrEmpty(version.RunId) ? null : StoredText.Clean(version.RunId),
                    link = StoredText.Clean(version.RunLink),
                    description = StoredText.Clean(version.Description),
                    user = StoredText.Clean(version.User),
                    folder,
                    files = JsonSerializer.Serialize(files, RegistryJson.Default.IReadOnlyListModelFile),
                    now = _store.Now,
                },
                transaction);
            foreach (var (key, value) in version.Tags)
            {
                await PutTagAsync(connection, transaction, model, number, key, value);
            }

            await TouchAsync(connection, transaction, model);
            await _store.Metadata.SignalAsync(connection, transaction, Signal, name);
            return (await WithDataAsync(connection, [await VersionAsync(connection, name, number, transaction)], transaction))[0];
        },
        cancellation);

    private Task<ModelVersion> ChangeVersionAsync(string model, long version, Func<DbConnection, DbTransaction, VersionRow, Task> change, CancellationToken cancellation) => _store.WriteAsync(
        async (connection, transaction) =>
        {
            var row = await VersionAsync(connection, model, version, transaction);
            await change(connection, transaction, row);
            await connection.ExecuteAsync("UPDATE model_version SET updated_at = @now WHERE model = @ModelId AND version = @Version", new { row.ModelId, row.Version, now = _store.Now }, transaction);
            return (await WithDataAsync(connection, [await VersionAsync(connection, model, version, transaction)], transaction))[0];
        },
        cancellation);
}
