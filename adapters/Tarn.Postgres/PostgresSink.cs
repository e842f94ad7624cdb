using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Tarn.Core;
using Tarn.Log;
using Tarn.Streams;

namespace Tarn.Postgres;

/// <summary>
/// A table of a PostgreSQL database as a sink. A batch's rows, its offset, the transactions that its records carry, and its quarantine are one
/// transaction of the database (schema <c>tarn</c>), so a crash of either side loses and repeats nothing. The table is made, and columns added,
/// at first use.
/// </summary>
/// <typeparam name="T">The type of the topic's values.</typeparam>
/// <typeparam name="TRow">The type of the table's rows; its public properties are the columns, in snake_case.</typeparam>
public sealed class PostgresSink<T, TRow> : RecordSink<T>
{
    private const int Tries = 3;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly PostgresDatabase _database;
    private readonly PostgresTarget _target;
    private readonly Func<TopicRecord, T, TRow> _row;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly PostgresColumns<TRow> _columns = PostgresColumns<TRow>.Instance;
    private readonly MergeSql<TRow> _sql;
    private bool _migrated;

    /// <summary>Names a sink; the database is not touched yet.</summary>
    /// <param name="database">The database.</param>
    /// <param name="target">The table.</param>
    /// <param name="row">Makes the row of a record.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it tells what it does.</param>
    /// <exception cref="TarnException">A column of the key or of the order is not a column of the rows, or there is a key without an order.</exception>
    public PostgresSink(PostgresDatabase database, PostgresTarget target, Func<TopicRecord, T, TRow> row, TimeProvider time, ILoggerFactory loggers)
    {
        if (target.Key.Count > 0 && target.Newest.Count == 0)
        {
            throw TarnException.InvalidInput("A table with a key has columns that say which version is newer.", target.ToString(), "Set PostgresTarget.Newest.");
        }

        foreach (var name in target.Key.Concat(target.Newest).Concat(target.Indexes))
        {
            _columns.Get(name);
        }

        (_database, _target, _row, _time) = (database, target, row, time);
        _log = loggers.CreateLogger("Tarn.Postgres.PostgresSink");
        _sql = new MergeSql<TRow>(target, _columns);
    }

    /// <inheritdoc/>
    public override string Name => $"postgres {_target}";

    /// <summary>Called before and after each step of a write; tests crash here.</summary>
    internal Func<string, Task>? Intercept { get; set; }

    /// <inheritdoc/>
    public override Task<long?> CommittedOffsetAsync(string topic, int partition, CancellationToken cancellation = default) =>
        TransactionAsync(SinkProgress.ApplicationId(topic, partition), cancellation);

    /// <summary>The version of an application transaction that was committed with rows of this sink; null for none.</summary>
    public Task<long?> TransactionAsync(string applicationId, CancellationToken cancellation = default) =>
        OnConnectionAsync(connection => ProgressAsync(connection, null, applicationId, cancellation), cancellation);

    /// <inheritdoc/>
    public override Task<SinkResult> WriteAsync(SinkBatch<T> batch, CancellationToken cancellation = default) =>
        OnConnectionAsync(connection => WriteAsync(connection, batch, cancellation), cancellation);

    private async Task<SinkResult> WriteAsync(NpgsqlConnection connection, SinkBatch<T> batch, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, $"SET LOCAL TimeZone = 'UTC'; SELECT pg_advisory_xact_lock(hashtextextended({SqlNames.Literal(Name)}, 0))", cancellation).ConfigureAwait(false);
        var committed = await ProgressAsync(connection, transaction, batch.ApplicationId, cancellation).ConfigureAwait(false);
        if (committed >= batch.NextOffset)
        {
            return SinkResult.Nothing(committed.Value);
        }

        batch.RequireNoGap(Name, committed);
        batch = batch.From(committed ?? batch.FirstOffset);
        var (inserted, updated) = (0L, 0L);
        if (batch.Records.Count > 0)
        {
            await StepAsync("copy", () => CopyAsync(connection, batch, cancellation)).ConfigureAwait(false);
            await StepAsync("merge", async () => (inserted, updated) = await MergeAsync(connection, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        }

        await StepAsync("quarantine", () => QuarantineAsync(connection, batch, cancellation)).ConfigureAwait(false);
        await StepAsync("progress", () => AdvanceAsync(connection, batch, cancellation)).ConfigureAwait(false);
        await StepAsync("commit", () => transaction.CommitAsync(cancellation)).ConfigureAwait(false);
        PostgresLog.Written(_log, Name, batch.Topic, batch.Partition, batch.NextOffset, batch.Records.Count, inserted, updated);
        return new SinkResult(batch.NextOffset, batch.Records.Count, batch.Quarantined.Count, AlreadyApplied: false)
        {
            Counts = new Dictionary<string, long> { ["inserted"] = inserted, ["updated"] = updated },
        };
    }

    private async Task CopyAsync(NpgsqlConnection connection, SinkBatch<T> batch, CancellationToken cancellation)
    {
        await ExecuteAsync(connection, _sql.CreateBatch, cancellation).ConfigureAwait(false);
        await using var importer = await connection.BeginBinaryImportAsync(_sql.Copy, cancellation).ConfigureAwait(false);
        foreach (var (record, value) in batch.Records)
        {
            var row = _row(record, value);
            await importer.StartRowAsync(cancellation).ConfigureAwait(false);
            foreach (var column in _columns.All)
            {
                if (column.Get(row) is { } cell)
                {
                    await importer.WriteAsync(cell, column.Type, cancellation).ConfigureAwait(false);
                }
                else
                {
                    await importer.WriteNullAsync(cancellation).ConfigureAwait(false);
                }
            }
        }

        await importer.CompleteAsync(cancellation).ConfigureAwait(false);
    }

    private async Task<(long Inserted, long Updated)> MergeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(_sql.Merge, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await reader.ReadAsync(cancellation).ConfigureAwait(false);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private async Task QuarantineAsync(NpgsqlConnection connection, SinkBatch<T> batch, CancellationToken cancellation)
    {
        foreach (var (record, reason) in batch.Quarantined)
        {
            var (raw, encoding) = Readable(record.Value);
            await using var command = new NpgsqlCommand(
                """
                INSERT INTO tarn.sink_quarantine (sink, topic, partition, "offset", received_at, reason, key, raw, raw_encoding)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
                """,
                connection);
            Add(command, Name, record.Topic, record.Partition, record.Offset, record.Timestamp.UtcDateTime, reason, Encoding.UTF8.GetString(record.Key.Span).Replace('\0', '\uFFFD'));
            command.Parameters.Add(new NpgsqlParameter { Value = (object?)raw ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
            Add(command, encoding);
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }
    }

    private async Task AdvanceAsync(NpgsqlConnection connection, SinkBatch<T> batch, CancellationToken cancellation)
    {
        foreach (var (application, version) in batch.Transactions.Append(new(batch.ApplicationId, batch.NextOffset)))
        {
            await using var command = new NpgsqlCommand(
                """
                INSERT INTO tarn.sink_progress AS p (sink, application, version, committed_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (sink, application) DO UPDATE SET version = EXCLUDED.version, committed_at = EXCLUDED.committed_at WHERE EXCLUDED.version > p.version
                """,
                connection);
            Add(command, Name, application, version, _time.GetUtcNow().UtcDateTime);
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }
    }

    private async Task<long?> ProgressAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, string application, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT version FROM tarn.sink_progress WHERE sink = $1 AND application = $2", connection, transaction);
        Add(command, Name, application);
        return (long?)await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Does work that may be done again on a new connection where the old one broke: each repetition reads first how far the database has come, so that a
    /// commit whose answer was lost is not repeated.
    /// </summary>
    private async Task<TResult> OnConnectionAsync<TResult>(Func<NpgsqlConnection, Task<TResult>> work, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
                if (!_migrated)
                {
                    await PostgresMigration.RunAsync(connection, _target, _columns, cancellation).ConfigureAwait(false);
                    _migrated = true;
                }

                return await work(connection).ConfigureAwait(false);
            }
            catch (Exception error) when (attempt < Tries && PostgresDatabase.IsTransient(error) && !cancellation.IsCancellationRequested)
            {
                PostgresLog.TryingAgain(_log, Name, error.Message);
                _database.DropConnections();
                _migrated = false;
            }
            catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.UndefinedTable && attempt < Tries)
            {
                // Somebody dropped the table, or the database was restored; it is made again.
                _migrated = false;
            }
            catch (Exception error) when (error is NpgsqlException or IOException or System.Net.Sockets.SocketException or TimeoutException)
            {
                _migrated = false;
                throw _database.Explain(error);
            }
        }
    }

    private async Task StepAsync(string step, Func<Task> work)
    {
        if (Intercept is not null)
        {
            await Intercept($"before {step}").ConfigureAwait(false);
        }

        await work().ConfigureAwait(false);
        if (Intercept is not null)
        {
            await Intercept($"after {step}").ConfigureAwait(false);
        }
    }

    private static (string? Raw, string Encoding) Readable(ReadOnlyMemory<byte>? value)
    {
        if (value is not { } bytes)
        {
            return (null, "utf-8");
        }

        try
        {
            var text = Strict.GetString(bytes.Span);
            return text.Contains('\0', StringComparison.Ordinal) ? (Convert.ToBase64String(bytes.Span), "base64") : (text, "utf-8");
        }
        catch (DecoderFallbackException)
        {
            return (Convert.ToBase64String(bytes.Span), "base64");
        }
    }

    private static void Add(NpgsqlCommand command, params ReadOnlySpan<object> values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }
}
