using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>What nodes write of themselves and of each other. Every method works inside a transaction of the caller's; the store has one writer at a time.</summary>
internal static class NodeStates
{
    /// <summary>
    /// Makes this process a node, in the place of those that had its name: a name stands for a data directory, which one process at a time can have.
    /// </summary>
    public static async Task RegisterAsync(DbConnection connection, DbTransaction transaction, string id, string name, int slots, DateTimeOffset now)
    {
        await connection.ExecuteAsync("DELETE FROM pipeline_node WHERE name = @name", new { name }, transaction);
        await connection.ExecuteAsync(
            "INSERT INTO pipeline_node(id, name, beat, state, slots, started_at, seen_at) VALUES (@id, @name, 0, 'alive', @slots, @at, @at)",
            new { id, name, slots, at = Instant.ToMicroseconds(now) },
            transaction);
    }

    /// <summary>Where one process alone can use the store, every other node is gone.</summary>
    public static Task ExpelOthersAsync(DbConnection connection, DbTransaction transaction, string id) =>
        connection.ExecuteAsync("UPDATE pipeline_node SET state = 'gone' WHERE id <> @id AND state = 'alive'", new { id }, transaction);

    /// <summary>An orderly end: others need not wait for the lease to lapse.</summary>
    public static Task LeaveAsync(DbConnection connection, DbTransaction transaction, string id) =>
        connection.ExecuteAsync("UPDATE pipeline_node SET state = 'gone' WHERE id = @id", new { id }, transaction);

    /// <summary>
    /// Renews a node's lease, declares gone those of the suspects that have not renewed theirs, and takes the lead where nobody alive has it.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">The transaction.</param>
    /// <param name="id">The node.</param>
    /// <param name="suspects">The nodes whose beat stood still for the lease's time, with that beat.</param>
    /// <param name="now">The moment, for show.</param>
    public static async Task<NodeView> BeatAsync(DbConnection connection, DbTransaction transaction, string id, IReadOnlyList<(string Id, long Beat)> suspects, DateTimeOffset now)
    {
        var at = Instant.ToMicroseconds(now);
        if (await connection.ExecuteAsync("UPDATE pipeline_node SET beat = beat + 1, seen_at = @at WHERE id = @id AND state = 'alive'", new { id, at }, transaction) == 0)
        {
            return new NodeView(false, [], null, 0);
        }

        var expelled = 0;
        foreach (var (suspect, beat) in suspects)
        {
            expelled += await connection.ExecuteAsync(
                "UPDATE pipeline_node SET state = 'gone' WHERE id = @suspect AND beat = @beat AND state = 'alive'", new { suspect, beat }, transaction);
        }

        var alive = (await connection.QueryAsync<NodeRow>("SELECT id, beat FROM pipeline_node WHERE state = 'alive'", transaction: transaction)).AsList();
        var leader = await connection.QuerySingleOrDefaultAsync<LeaderRow>("SELECT node, fence FROM pipeline_leader WHERE one = 1", transaction: transaction);
        if (leader is null || alive.TrueForAll(n => n.Id != leader.Node))
        {
            leader = new LeaderRow { Node = id, Fence = await LeadAsync(connection, transaction, id) };
        }

        await connection.ExecuteAsync(
            "DELETE FROM pipeline_node WHERE state = 'gone' AND seen_at < @before", new { before = at - (24L * 60 * 60 * 1_000_000) }, transaction);
        return new NodeView(true, alive, leader.Node, leader.Fence) { Expelled = expelled };
    }

    /// <summary>Takes the lead; returns the new fence.</summary>
    public static async Task<long> LeadAsync(DbConnection connection, DbTransaction transaction, string id) =>
        await connection.QuerySingleAsync<long>(
            """
            INSERT INTO pipeline_leader(one, node, fence) VALUES (1, @id, 1)
            ON CONFLICT(one) DO UPDATE SET node = excluded.node, fence = pipeline_leader.fence + 1 RETURNING fence
            """,
            new { id },
            transaction);

    /// <summary>Throws unless the node is alive and leads with this fence.</summary>
    public static async Task AssertLeadsAsync(DbConnection connection, DbTransaction transaction, string id, long fence)
    {
        if (await connection.QuerySingleOrDefaultAsync<long?>(
            "SELECT l.fence FROM pipeline_leader l JOIN pipeline_node n ON n.id = l.node WHERE l.one = 1 AND l.node = @id AND n.state = 'alive'", new { id }, transaction) != fence)
        {
            throw new FencedException($"Node {id} does not lead any more.");
        }
    }

    /// <summary>Throws unless the node is alive.</summary>
    public static async Task AssertAliveAsync(DbConnection connection, DbTransaction transaction, string id)
    {
        if (await connection.QuerySingleOrDefaultAsync<string>("SELECT state FROM pipeline_node WHERE id = @id", new { id }, transaction) != "alive")
        {
            throw new FencedException($"Node {id} was declared gone.");
        }
    }
}

/// <summary>What a node sees of the others when it renews its lease.</summary>
internal sealed record NodeView(bool IsAlive, IReadOnlyList<NodeRow> Nodes, string? Leader, long Fence)
{
    /// <summary>How many nodes it has just declared gone.</summary>
    public int Expelled { get; init; }
}

/// <summary>A row of pipeline_node.</summary>
internal sealed class NodeRow
{
    public string Id { get; set; } = "";

    public long Beat { get; set; }
}

/// <summary>The row of pipeline_leader.</summary>
internal sealed class LeaderRow
{
    public string Node { get; set; } = "";

    public long Fence { get; set; }
}

/// <summary>This process may write no more: others have taken its place, or, with the store's error, nobody knows whether its last write took effect.</summary>
internal sealed class FencedException(string message, TarnException? unknown = null) : Exception(message, unknown)
{
    public TarnException? Unknown => unknown;
}
