using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tarn.Contracts;
using Tarn.Streams;
using Xunit;

namespace Tarn.Postgres.Tests;

/// <summary>A row of the suite's target.</summary>
public sealed record TargetRow(string Id, long Version, string Text);

/// <summary>The sinks' contract on a table with a primary key.</summary>
public sealed class KeyedPostgresSinkTests(PostgresCluster cluster) : PostgresSinkContractTests(cluster)
{
    protected override bool Keyed => true;

    protected override PostgresTarget Target { get; } = new("public.events") { Key = ["id"], Newest = ["version"], Indexes = ["version"], Description = "It's a test." };
}

/// <summary>The sinks' contract on a table without a key.</summary>
public sealed class AppendingPostgresSinkTests(PostgresCluster cluster) : PostgresSinkContractTests(cluster)
{
    protected override bool Keyed => false;

    protected override PostgresTarget Target { get; } = new("own schema.events");
}

public abstract class PostgresSinkContractTests(PostgresCluster cluster) : RecordSinkContract, IAsyncLifetime
{
    private string _connection = "";
    private readonly List<PostgresDatabase> _opened = [];

    protected abstract PostgresTarget Target { get; }

    public async ValueTask InitializeAsync() => _connection = await cluster.RequireAsync();

    public override async ValueTask DisposeAsync()
    {
        foreach (var database in _opened)
        {
            await database.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    protected override Task<RecordSink<SinkEvent>> OpenAsync() => Task.FromResult<RecordSink<SinkEvent>>(Open());

    protected override Task<RecordSink<SinkEvent>> OpenFailingAsync(int step)
    {
        var sink = Open();
        var steps = 0;
        sink.Intercept = _ => steps++ >= step ? throw new InvalidOperationException("crash") : Task.CompletedTask;
        return Task.FromResult<RecordSink<SinkEvent>>(sink);
    }

    protected override async Task<IReadOnlyList<SinkEvent>> RowsAsync() =>
        await ReadAsync($"SELECT id, version, text FROM {SqlNames.Of(Target)}", static r => new SinkEvent(r.GetString(0), r.GetInt64(1), r.GetString(2)));

    protected override async Task<IReadOnlyList<QuarantinedEvent>> QuarantinedAsync() =>
        await ReadAsync(
            "SELECT topic, partition, \"offset\", reason, raw FROM tarn.sink_quarantine",
            static r => new QuarantinedEvent(r.GetString(0), r.GetInt32(1), r.GetInt64(2), r.GetString(3), r.IsDBNull(4) ? null : r.GetString(4)));

    protected override Task<long?> TransactionAsync(string applicationId) => Open().TransactionAsync(applicationId);

    private PostgresSink<SinkEvent, TargetRow> Open()
    {
        // One pool a test: what matters here is what the database holds, and not what a sink remembers.
        if (_opened.Count == 0)
        {
            _opened.Add(new PostgresDatabase(_connection));
        }

        return new(_opened[0], Target, static (_, e) => new TargetRow(e.Id, e.Version, e.Text), TimeProvider.System, NullLoggerFactory.Instance);
    }

    private async Task<IReadOnlyList<TRead>> ReadAsync<TRead>(string sql, Func<NpgsqlDataReader, TRead> read)
    {
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<TRead>();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
