using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Registry;

/// <summary>The registered models of a registry, their versions, aliases and the ledger of every alias's changes. Safe for use from several threads.</summary>
public sealed partial class RegisteredModels
{
    /// <summary>The alias of the version that answers.</summary>
    public const string Champion = "champion";

    /// <summary>The alias of the version that would like to.</summary>
    public const string Challenger = "challenger";

    /// <summary>The channel of the store's signals, with a model's name, that a version or an alias of it changed.</summary>
    internal const string Signal = "registry.models";

    private readonly RegistryStore _store;
    private readonly ArtifactStore _artifacts;

    internal RegisteredModels(RegistryStore store, ArtifactStore artifacts) => (_store, _artifacts) = (store, artifacts);

    /// <summary>Registers a model, without versions.</summary>
    /// <exception cref="TarnException">The name or a tag breaks its rule, or the name is taken.</exception>
    public Task<RegisteredModel> CreateAsync(
        string name, string description = "", IReadOnlyList<KeyValuePair<string, string>>? tags = null, CancellationToken cancellation = default)
    {
        ModelRules.ModelName(name);
        foreach (var (key, value) in tags ?? [])
        {
            ModelRules.Tag(key, value);
        }

        return _store.WriteAsync(
            async (connection, transaction) =>
            {
                await CheckFreeAsync(connection, transaction, name);
                var row = await InsertAsync(connection, transaction, name, description);
                foreach (var (key, value) in tags ?? [])
                {
                    await PutTagAsync(connection, transaction, row.Id, key, value);
                }

                return (await WithDataAsync(connection, [row], transaction))[0];
            },
            cancellation);
    }

    /// <summary>A model.</summary>
    /// <exception cref="TarnException">There is none of that name.</exception>
    public Task<RegisteredModel> GetAsync(string name, CancellationToken cancellation = default) =>
        _store.ReadAsync(async c => (await WithDataAsync(c, [await ModelRow.GetAsync(c, name)]))[0], cancellation);

    /// <summary>Searches models.</summary>
    /// <exception cref="TarnException">The filter or the order does not read, or the limit is out of its range.</exception>
    public Task<SearchPage<RegisteredModel>> SearchAsync(ModelSearch search, CancellationToken cancellation = default)
    {
        TrackingRules.Limit(search.Limit, ModelRules.MostListed, search.Offset);
        var sql = _store.Search(SearchScope.Models, search.Filter, search.OrderBy);
        return _store.PageAsync<ModelRow, RegisteredModel>(
            sql,
            $"SELECT {ModelRow.Columns} FROM registered_model r{sql.Joins} WHERE 1 = 1{sql.Where} ORDER BY {sql.Order}r.name",
            search.Limit,
            search.Offset,
            static (connection, rows) => WithDataAsync(connection, rows),
            cancellation);
    }

    /// <summary>Gives a model another name. Its versions' files and its ledger stay with it.</summary>
    /// <exception cref="TarnException">There is no such model, or the new name breaks its rule or is taken.</exception>
    public Task<RegisteredModel> RenameAsync(string name, string newName, CancellationToken cancellation = default)
    {
        ModelRules.ModelName(newName);
        return ChangeAsync(
            name,
            async (connection, transaction, row) =>
            {
                if (row.Name != newName)
                {
                    await CheckFreeAsync(connection, transaction, newName);
                    await KeepNumbersAsync(connection, transaction, row);
                    await connection.ExecuteAsync("UPDATE registered_model SET name = @newName WHERE id = @Id", new { newName, row.Id }, transaction);
                    await _store.Metadata.SignalAsync(connection, transaction, Signal, newName);
                }
            },
            cancellation);
    }

    /// <summary>Describes a model.</summary>
    /// <exception cref="TarnException">There is no such model.</exception>
    public Task<RegisteredModel> DescribeAsync(string name, string description, CancellationToken cancellation = default) => ChangeAsync(
        name,
        (connection, transaction, row) => connection.ExecuteAsync(
            "UPDATE registered_model SET description = @description WHERE id = @Id", new { description = StoredText.Clean(description), row.Id }, transaction),
        cancellation);

    /// <summary>Sets a tag; one that there is takes the new value.</summary>
    /// <exception cref="TarnException">There is no such model, or the tag breaks its rule.</exception>
    public Task SetTagAsync(string name, string key, string value, CancellationToken cancellation = default)
    {
        ModelRules.Tag(key, value);
        return ChangeAsync(name, (connection, transaction, row) => PutTagAsync(connection, transaction, row.Id, key, value), cancellation);
    }

    /// <summary>Removes a tag; one that is not there is no error.</summary>
    /// <exception cref="TarnException">There is no such model.</exception>
    public Task DeleteTagAsync(string name, string key, CancellationToken cancellation = default) => ChangeAsync(
        name,
        (connection, transaction, row) => connection.ExecuteAsync("DELETE FROM registered_model_tag WHERE model = @Id AND name = @key", new { row.Id, key = StoredText.Clean(key) }, transaction),
        cancellation);

    /// <summary>Deletes a model with its versions, aliases and files, for good. Its ledger stays, with entries that its aliases were taken away.</summary>
    /// <exception cref="TarnException">There is no such model.</exception>
    public async Task DeleteAsync(string name, AliasChange change, CancellationToken cancellation = default)
    {
        ModelRules.Change(change);
        var folders = await _store.WriteAsync(
            async (connection, transaction) =>
            {
                var row = await ModelRow.GetAsync(connection, name, transaction);
                foreach (var alias in await AliasesAsync(connection, transaction, row.Id))
                {
                    await RemoveAliasAsync(connection, transaction, row, alias.Alias, alias.Version, change);
                }

                var folders = (await connection.QueryAsync<string>("SELECT folder FROM model_version WHERE model = @Id AND folder IS NOT NULL", row, transaction)).AsList();
                await connection.ExecuteAsync("DELETE FROM model_version_tag WHERE model = @Id", row, transaction);
                await connection.ExecuteAsync("DELETE FROM model_version WHERE model = @Id", row, transaction);
                await connection.ExecuteAsync("DELETE FROM registered_model WHERE id = @Id", row, transaction);
                await KeepNumbersAsync(connection, transaction, row);
                await _store.Metadata.SignalAsync(connection, transaction, Signal, row.Name);
                return folders;
            },
            cancellation);
        foreach (var folder in folders)
        {
            await _artifacts.DeleteAsync(folder, cancellation);
        }
    }

    /// <summary>Calls a handler whenever a version or an alias of a model changed, with the model's name; with null where some may have been missed.</summary>
    /// <param name="handler">Returns at once; may be called on any thread.</param>
    /// <returns>Disposed, it is called no more.</returns>
    public IDisposable Listen(Action<string?> handler) => _store.Metadata.Listen(Signal, handler);

    private static async Task CheckFreeAsync(DbConnection connection, DbTransaction transaction, string name)
    {
        if (await ModelRow.FindAsync(connection, name, transaction) is not null)
        {
            throw TarnException.Conflict("A registered model of that name already exists.", name, "Choose another name.");
        }
    }

    private static Task KeepNumbersAsync(DbConnection connection, DbTransaction transaction, ModelRow row) => connection.ExecuteAsync(
        "INSERT INTO registered_model_past(name, last_version) VALUES (@Name, @LastVersion) ON CONFLICT(name) DO UPDATE SET last_version = excluded.last_version", row, transaction);

    private static Task PutTagAsync(DbConnection connection, DbTransaction transaction, long model, string key, string value) => connection.ExecuteAsync(
        "INSERT INTO registered_model_tag(model, name, value) VALUES (@model, @key, @value) ON CONFLICT(model, name) DO UPDATE SET value = excluded.value",
        new { model, key, value = StoredText.Clean(value) },
        transaction);

    private static async Task<IReadOnlyList<RegisteredModel>> WithDataAsync(DbConnection connection, IReadOnlyList<ModelRow> rows, DbTransaction? transaction = null)
    {
        var tags = new List<NamedRow>();
        var aliases = new List<AliasRow>();
        foreach (var ids in rows.Select(static r => r.Id).Chunk(InList.Most))
        {
            var list = InList.Of(ids);
            tags.AddRange(await connection.QueryAsync<NamedRow>(
                $"SELECT model AS Owner, name AS Name, value AS Value FROM registered_model_tag WHERE model IN {list.Sql} ORDER BY model, name", list.Values, transaction));
            aliases.AddRange(await connection.QueryAsync<AliasRow>(
                $"SELECT model AS Model, alias AS Alias, version AS Version FROM model_alias WHERE model IN {list.Sql} ORDER BY model, alias", list.Values, transaction));
        }

        var tagsOf = tags.ToLookup(static t => t.Owner);
        var aliasesOf = aliases.ToLookup(static a => a.Model);
        return [.. rows.Select(r => new RegisteredModel(
            r.Name,
            r.Description,
            Instant.FromMicroseconds(r.CreatedAt),
            Instant.FromMicroseconds(r.UpdatedAt),
            r.LastVersion,
            [.. aliasesOf[r.Id].Select(static a => KeyValuePair.Create(a.Alias, a.Version))],
            [.. tagsOf[r.Id].Select(static t => KeyValuePair.Create(t.Name, t.Value))]))];
    }

    private Task<RegisteredModel> ChangeAsync(string name, Func<DbConnection, DbTransaction, ModelRow, Task> change, CancellationToken cancellation) => _store.WriteAsync(
        async (connection, transaction) =>
        {
            var row = await ModelRow.GetAsync(connection, name, transaction);
            await change(connection, transaction, row);
            await TouchAsync(connection, transaction, row.Id);
            var after = await connection.QuerySingleAsync<ModelRow>($"SELECT {ModelRow.Columns} FROM registered_model r WHERE r.id = @Id", row, transaction);
            return (await WithDataAsync(connection, [after], transaction))[0];
        },
        cancellation);

    private Task TouchAsync(DbConnection connection, DbTransaction transaction, long model) =>
        connection.ExecuteAsync("UPDATE registered_model SET updated_at = @now WHERE id = @model", new { model, now = _store.Now }, transaction);

    private async Task<ModelRow> InsertAsync(DbConnection connection, DbTransaction transaction, string name, string description)
    {
        // Where a model had the name before, numbers go on: the ledger knows it by them, and so do its files' folders.
        var id = await connection.QuerySingleAsync<long>(
            """
            INSERT INTO registered_model(name, folder, description, created_at, updated_at, last_version)
            VALUES (@name, @waiting, @description, @now, @now, coalesce((SELECT last_version FROM registered_model_past WHERE name = @name), 0)) RETURNING id
            """,
            new { name, waiting = $"/{_store.Ids.NewId()}", description = StoredText.Clean(description), now = _store.Now },
            transaction);
        var folder = ModelRules.FolderName(name);
        var used = await connection.QuerySingleAsync<long>("SELECT count(*) FROM registered_model WHERE folder = @folder", new { folder }, transaction);
        if (used > 0 || folder.Length >= 200)
        {
            folder = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{folder}~{id}");
        }

        await connection.ExecuteAsync("UPDATE registered_model SET folder = @folder WHERE id = @id", new { id, folder }, transaction);
        return await connection.QuerySingleAsync<ModelRow>($"SELECT {ModelRow.Columns} FROM registered_model r WHERE r.id = @id", new { id }, transaction);
    }
}
