using System.Data.Common;
using System.Globalization;
using Dapper;
using Tarn.Core;

namespace Tarn.Registry;

/// <content>Aliases and the ledger.</content>
public sealed partial class RegisteredModels
{
    /// <summary>Gives an alias to a version, from whichever has it. Nothing happens, and the ledger is silent, where that version has it already.</summary>
    /// <returns>The ledger's entry; null where nothing was to do.</returns>
    /// <exception cref="TarnException">There is no such model or version, the alias breaks its rule, or it does not mean the expected version.</exception>
    public Task<LedgerEntry?> SetAliasAsync(string model, string alias, long version, AliasChange change, CancellationToken cancellation = default)
    {
        ModelRules.Alias(alias);
        ModelRules.Change(change);
        return _store.WriteAsync(
            async (connection, transaction) =>
            {
                await VersionAsync(connection, model, version, transaction);
                var row = await ModelRow.GetAsync(connection, model, transaction);
                var from = await FromAsync(connection, transaction, row, alias, change);
                return from == version ? null : await MoveAsync(connection, transaction, row, alias, LedgerKind.Set, from, version, change);
            },
            cancellation);
    }

    /// <summary>
    /// Gives an alias back to the version that it meant before the one that it means now. Done again, it goes back further: what was rolled back from is not returned to. Versions that
    /// were deleted since are passed over.
    /// </summary>
    /// <exception cref="TarnException">There is no such model, the alias means nothing now, or there is nothing to go back to.</exception>
    public Task<LedgerEntry> RollBackAsync(string model, string alias, AliasChange change, CancellationToken cancellation = default)
    {
        ModelRules.Alias(alias);
        ModelRules.Change(change);
        return _store.WriteAsync(
            async (connection, transaction) =>
            {
                var row = await ModelRow.GetAsync(connection, model, transaction);
                var from = await FromAsync(connection, transaction, row, alias, change)
                    ?? throw TarnException.Conflict($"The model {row.Name} has no alias of that name that could be rolled back.", alias, "Give it to a version with promote.");
                var there = (await connection.QueryAsync<long>("SELECT version FROM model_version WHERE model = @Id", row, transaction)).ToHashSet();
                var entries = await connection.QueryAsync<LedgerRow>($"SELECT {LedgerRow.Columns} FROM model_ledger WHERE model = @Id AND alias = @alias ORDER BY seq", new { row.Id, alias }, transaction);
                var before = LedgerPast.Before(entries, from, there)
                    ?? throw TarnException.Conflict($"The alias {alias} of {row.Name} has meant no other version before that is still there.", from.ToString(CultureInfo.InvariantCulture), "See the ledger.");
                return await MoveAsync(connection, transaction, row, alias, LedgerKind.RolledBack, from, before, change);
            },
            cancellation);
    }

    /// <summary>Takes an alias away.</summary>
    /// <returns>The ledger's entry; null where there was no such alias.</returns>
    /// <exception cref="TarnException">There is no such model, or the alias does not mean the expected version.</exception>
    public Task<LedgerEntry?> DeleteAliasAsync(string model, string alias, AliasChange change, CancellationToken cancellation = default)
    {
        ModelRules.Alias(alias);
        ModelRules.Change(change);
        return _store.WriteAsync(
            async (connection, transaction) =>
            {
                var row = await ModelRow.GetAsync(connection, model, transaction);
                return await FromAsync(connection, transaction, row, alias, change) is { } from ? await RemoveAliasAsync(connection, transaction, row, alias, from, change) : null;
            },
            cancellation);
    }

    /// <summary>Notes in the ledger that a candidate was looked at and not promoted: the alias stays where it is.</summary>
    /// <exception cref="TarnException">There is no such model or version, or the alias does not mean the expected version.</exception>
    public Task<LedgerEntry> KeepAliasAsync(string model, string alias, long candidate, AliasChange change, CancellationToken cancellation = default)
    {
        ModelRules.Alias(alias);
        ModelRules.Change(change);
        return _store.WriteAsync(
            async (connection, transaction) =>
            {
                await VersionAsync(connection, model, candidate, transaction);
                var row = await ModelRow.GetAsync(connection, model, transaction);
                var from = await FromAsync(connection, transaction, row, alias, change);
                return await AddEntryAsync(connection, transaction, row, alias, LedgerKind.Kept, from, from, candidate, change);
            },
            cancellation);
    }

    /// <summary>The version that an alias means now; null where the model has no such alias.</summary>
    /// <exception cref="TarnException">There is no such model.</exception>
    public Task<ModelVersion?> FindByAliasAsync(string model, string alias, CancellationToken cancellation = default) => _store.ReadAsync(
        async connection =>
        {
            var row = await ModelRow.GetAsync(connection, model);
            return await connection.QuerySingleOrDefaultAsync<long?>("SELECT version FROM model_alias WHERE model = @Id AND alias = @alias", new { row.Id, alias = StoredText.Clean(alias) }) is { } version
                ? (await WithDataAsync(connection, [await VersionAsync(connection, model, version)]))[0]
                : null;
        },
        cancellation);

    /// <summary>The version that an alias meant at an instant, by the ledger, also of a model that was deleted since; null where it meant none.</summary>
    public Task<long?> FindByAliasAtAsync(string model, string alias, DateTimeOffset at, CancellationToken cancellation = default) => _store.ReadAsync(
        async connection =>
        {
            var row = await ModelRow.FindAsync(connection, model);
            return await connection.QueryFirstOrDefaultAsync<long?>(
                "SELECT to_version FROM model_ledger WHERE (model = @id OR model_name = @name) AND alias = @alias AND at <= @at ORDER BY seq DESC LIMIT 1",
                new { id = row?.Id ?? -1, name = StoredText.Clean(model), alias = StoredText.Clean(alias), at = Instant.ToMicroseconds(at) });
        },
        cancellation);

    /// <summary>The ledger of a model, newest first, also of one that was deleted.</summary>
    /// <param name="model">The model's name; entries of it under earlier names are among them.</param>
    /// <param name="alias">Only this alias's; null for all.</param>
    /// <param name="before">Only entries of smaller numbers; null for all.</param>
    /// <param name="limit">The most; 1 to 1,000.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    public Task<IReadOnlyList<LedgerEntry>> LedgerAsync(string model, string? alias = null, long? before = null, int limit = 100, CancellationToken cancellation = default)
    {
        TrackingRules.Limit(limit, 1000, 0);
        return _store.ReadAsync<IReadOnlyList<LedgerEntry>>(
            async connection =>
            {
                var row = await ModelRow.FindAsync(connection, model);
                var entries = await connection.QueryAsync<LedgerRow>(
                    $"SELECT {LedgerRow.Columns} FROM model_ledger WHERE (model = @id OR model_name = @name){(alias is null ? "" : " AND alias = @alias")} AND seq < @before ORDER BY seq DESC LIMIT @limit",
                    new { id = row?.Id ?? -1, name = StoredText.Clean(model), alias = StoredText.Clean(alias), before = before ?? long.MaxValue, limit });
                return [.. entries.Select(static e => e.Entry())];
            },
            cancellation);
    }

    private static async Task<List<AliasRow>> AliasesAsync(DbConnection connection, DbTransaction transaction, long model) => (await connection.QueryAsync<AliasRow>(
        "SELECT model AS Model, alias AS Alias, version AS Version FROM model_alias WHERE model = @model ORDER BY alias", new { model }, transaction)).AsList();

    private static async Task<long?> FromAsync(DbConnection connection, DbTransaction transaction, ModelRow model, string alias, AliasChange change)
    {
        var from = await connection.QuerySingleOrDefaultAsync<long?>("SELECT version FROM model_alias WHERE model = @Id AND alias = @alias", new { model.Id, alias }, transaction);
        return change.ExpectedVersion is not { } expected || expected == (from ?? 0) ? from : throw TarnException.Conflict(
            $"The alias {alias} of {model.Name} was changed by somebody else: it means {(from is null ? "no version" : $"version {from.Value.ToString(CultureInfo.InvariantCulture)}")} now.",
            expected.ToString(CultureInfo.InvariantCulture),
            "Look again, and decide again.");
    }

    private async Task<LedgerEntry> MoveAsync(DbConnection connection, DbTransaction transaction, ModelRow model, string alias, LedgerKind kind, long? from, long to, AliasChange change)
    {
        await connection.ExecuteAsync(
            "INSERT INTO model_alias(model, alias, version) VALUES (@Id, @alias, @to) ON CONFLICT(model, alias) DO UPDATE SET version = excluded.version", new { model.Id, alias, to }, transaction);
        await TouchAsync(connection, transaction, model.Id);
        return await AddEntryAsync(connection, transaction, model, alias, kind, from, to, kind == LedgerKind.Set ? to : null, change);
    }

    private async Task<LedgerEntry> RemoveAliasAsync(DbConnection connection, DbTransaction transaction, ModelRow model, string alias, long from, AliasChange change)
    {
        await connection.ExecuteAsync("DELETE FROM model_alias WHERE model = @Id AND alias = @alias", new { model.Id, alias }, transaction);
        await TouchAsync(connection, transaction, model.Id);
        return await AddEntryAsync(connection, transaction, model, alias, LedgerKind.Removed, from, null, null, change);
    }

    private async Task<LedgerEntry> AddEntryAsync(
        DbConnection connection, DbTransaction transaction, ModelRow model, string alias, LedgerKind kind, long? from, long? to, long? candidate, AliasChange change)
    {
        // A clock that is set back does not change what was.
        var last = await connection.QuerySingleOrDefaultAsync<long?>("SELECT max(at) FROM model_ledger WHERE model = @Id", model, transaction) ?? 0;
        var seq = await connection.QuerySingleAsync<long>(
            """
            INSERT INTO model_ledger(model, model_name, alias, kind, from_version, to_version, candidate, at, who, reason, verdict)
            VALUES (@Id, @Name, @alias, @kind, @from, @to, @candidate, @at, @who, @reason, @verdict) RETURNING seq
            """,
            new
            {
                model.Id,
                model.Name,
                alias,
                kind = LedgerRow.KindName(kind),
                from,
                to,
                candidate,
                at = Math.Max(last, _store.Now),
                who = StoredText.Clean(change.Who),
                reason = StoredText.Clean(change.Reason),
                verdict = StoredText.Clean(change.Verdict?.GetRawText()),
            },
            transaction);
        await _store.Metadata.SignalAsync(connection, transaction, Signal, model.Name);
        return (await connection.QuerySingleAsync<LedgerRow>($"SELECT {LedgerRow.Columns} FROM model_ledger WHERE seq = @seq", new { seq }, transaction)).Entry();
    }
}
