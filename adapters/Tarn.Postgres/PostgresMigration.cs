using Npgsql;
using Tarn.Core;

namespace Tarn.Postgres;

/// <summary>Makes what a sink needs in the database, and adds the columns that the target lacks, under a lock that all of Tarn's processes share.</summary>
internal static class PostgresMigration
{
    /// <summary>Any number, as long as every version of Tarn uses the same: "tarn" in ASCII.</summary>
    private const long Lock = 0x7461726E;

    private const string OwnTables = """
        CREATE SCHEMA IF NOT EXISTS tarn;
        CREATE TABLE IF NOT EXISTS tarn.sink_progress (
            sink text NOT NULL, application text NOT NULL, version bigint NOT NULL, committed_at timestamp with time zone NOT NULL,
            PRIMARY KEY (sink, application));
        COMMENT ON TABLE tarn.sink_progress IS 'How far each sink has come: the next offset of a topic''s partition, and cursors that its records carried.';
        CREATE TABLE IF NOT EXISTS tarn.sink_quarantine (
            sink text NOT NULL, topic text NOT NULL, partition integer NOT NULL, "offset" bigint NOT NULL, received_at timestamp with time zone NOT NULL,
            reason text NOT NULL, key text, raw text, raw_encoding text NOT NULL, PRIMARY KEY (sink, topic, partition, "offset"));
        COMMENT ON TABLE tarn.sink_quarantine IS 'Records that could not be read, with the reason.';
        """;

    public static async Task RunAsync<TRow>(NpgsqlConnection connection, PostgresTarget target, PostgresColumns<TRow> columns, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({Lock})", cancellation).ConfigureAwait(false);
        if (!await ExistsAsync(connection, "tarn", "sink_quarantine", cancellation).ConfigureAwait(false))
        {
            await ExecuteAsync(connection, OwnTables, cancellation).ConfigureAwait(false);
        }

        if (await ExistsAsync(connection, target.Schema, target.Table, cancellation).ConfigureAwait(false))
        {
            await AddMissingAsync(connection, target, columns, cancellation).ConfigureAwait(false);
            await RequireKeyAsync(connection, target, cancellation).ConfigureAwait(false);
        }
        else
        {
            await CreateAsync(connection, target, columns, cancellation).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task CreateAsync<TRow>(NpgsqlConnection connection, PostgresTarget target, PostgresColumns<TRow> columns, CancellationToken cancellation)
    {
        var parts = columns.All.Select(static c => $"{SqlNames.Quote(c.Name)} {c.SqlType}{(c.Nullable ? "" : " NOT NULL")}").ToList();
        if (target.Key.Count > 0)
        {
            parts.Add($"PRIMARY KEY ({SqlNames.List(target.Key)})");
        }

        if (!await ScalarAsync<bool>(connection, $"SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = {SqlNames.Literal(target.Schema)})", cancellation).ConfigureAwait(false))
        {
            await ExecuteAsync(connection, $"CREATE SCHEMA {SqlNames.Quote(target.Schema)}", cancellation).ConfigureAwait(false);
        }

        await ExecuteAsync(connection, $"CREATE TABLE {SqlNames.Of(target)} ({string.Join(", ", parts)})", cancellation).ConfigureAwait(false);
        foreach (var index in target.Indexes)
        {
            await ExecuteAsync(connection, $"CREATE INDEX ON {SqlNames.Of(target)} ({SqlNames.Quote(index)})", cancellation).ConfigureAwait(false);
        }

        if (target.Description is { } description)
        {
            await ExecuteAsync(connection, $"COMMENT ON TABLE {SqlNames.Of(target)} IS {SqlNames.Literal(description)}", cancellation).ConfigureAwait(false);
        }
    }

    private static async Task AddMissingAsync<TRow>(NpgsqlConnection connection, PostgresTarget target, PostgresColumns<TRow> columns, CancellationToken cancellation)
    {
        var present = new Dictionary<string, string>(StringComparer.Ordinal);
        await using (var command = new NpgsqlCommand(
            $"SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = {SqlNames.Literal(SqlNames.Of(target))}::regclass AND attnum > 0 AND NOT attisdropped", connection))
        await using (var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            {
                present[reader.GetString(0)] = reader.GetString(1);
            }
        }

        foreach (var column in columns.All)
        {
            if (!present.TryGetValue(column.Name, out var type))
            {
                // Without NOT NULL, whatever the class says: the rows that are there have no value for it.
                await ExecuteAsync(connection, $"ALTER TABLE {SqlNames.Of(target)} ADD COLUMN {SqlNames.Quote(column.Name)} {column.SqlType}", cancellation).ConfigureAwait(false);
            }
            else if (type != column.CatalogType)
            {
                throw TarnException.Conflict(
                    $"The column {column.Name} of {target} has to be of type {column.CatalogType}.",
                    type,
                    $"Alter or rename the column, or drop the table: the sink makes it again only where tarn.sink_progress has no rows for it.");
            }
        }
    }

    private static async Task RequireKeyAsync(NpgsqlConnection connection, PostgresTarget target, CancellationToken cancellation)
    {
        if (target.Key.Count == 0)
        {
            return;
        }

        var sql = $"""
            SELECT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = {SqlNames.Literal(SqlNames.Of(target))}::regclass AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
                AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text) FROM unnest(i.indkey) k JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k)
                    = ARRAY[{string.Join(", ", target.Key.Order(StringComparer.Ordinal).Select(SqlNames.Literal))}])
            """;
        if (!await ScalarAsync<bool>(connection, sql, cancellation).ConfigureAwait(false))
        {
            throw TarnException.Conflict(
                $"The table {target} needs a primary key or unique index on ({string.Join(", ", target.Key)}).",
                target.ToString(),
                $"ALTER TABLE {SqlNames.Of(target)} ADD PRIMARY KEY ({SqlNames.List(target.Key)}), or name another table.");
        }
    }

    private static Task<bool> ExistsAsync(NpgsqlConnection connection, string schema, string table, CancellationToken cancellation) =>
        ScalarAsync<bool>(connection, $"SELECT to_regclass({SqlNames.Literal($"{SqlNames.Quote(schema)}.{SqlNames.Quote(table)}")}) IS NOT NULL", cancellation);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }
}
