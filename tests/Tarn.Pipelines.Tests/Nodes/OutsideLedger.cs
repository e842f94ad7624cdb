using Npgsql;

namespace Tarn.Pipelines.Tests;

/// <summary>A place outside of the orchestrator's reach in which task code notes when it begins and ends: a table of its own over connections that nothing cuts.</summary>
internal sealed class OutsideLedger : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly Lock _gate = new();
    private int _ended;
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OutsideLedger(NpgsqlDataSource source) => _source = source;

    public static async Task<OutsideLedger> CreateAsync(string connection)
    {
        var ledger = new OutsideLedger(NpgsqlDataSource.Create(connection));
        await ledger.ExecuteAsync(
            """
            CREATE TABLE work(id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run TEXT NOT NULL, task TEXT NOT NULL, node TEXT NOT NULL, state TEXT NOT NULL);
            CREATE TABLE twice(what TEXT NOT NULL);
            """);
        return ledger;
    }

    /// <summary>Notes that code begins, and whether it runs already.</summary>
    public async Task<long> BeginAsync(string run, string task, string node)
    {
        await using var command = _source.CreateCommand(
            """
            WITH other AS (INSERT INTO twice SELECT run || '/' || task || ': ' || node || ' and ' || $3 FROM work WHERE run = $1 AND task = $2 AND state = 'open')
            INSERT INTO work(run, task, node, state) VALUES ($1, $2, $3, 'open') RETURNING id
            """);
        command.Parameters.AddWithValue(run);
        command.Parameters.AddWithValue(task);
        command.Parameters.AddWithValue(node);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async Task EndAsync(long id, bool done)
    {
        await ExecuteAsync($"UPDATE work SET state = '{(done ? "done" : "broken")}' WHERE id = {id}");
        TaskCompletionSource moved;
        lock (_gate)
        {
            _ended++;
            (moved, _moved) = (_moved, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        moved.SetResult();
    }

    /// <summary>Waits until code has ended so many times more.</summary>
    public async Task WhenMoreAsync(int count, CancellationToken cancellation)
    {
        var until = Volatile.Read(ref _ended) + count;
        while (true)
        {
            Task moved;
            lock (_gate)
            {
                if (_ended >= until)
                {
                    return;
                }

                moved = _moved.Task;
            }

            await moved.WaitAsync(cancellation);
        }
    }

    public async Task<List<string>> ReadAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var found = new List<string>();
        while (await reader.ReadAsync())
        {
            found.Add(reader.GetString(0));
        }

        return found;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
