namespace Tarn.Serving;

/// <summary>The gateway's tables in the metadata store. Times are microseconds (<see cref="Core.Instant"/>).</summary>
internal static class EndpointTables
{
    public const string Component = "serving";

    /// <summary>Released scripts are never changed; a change is a further script.</summary>
    public static readonly string[] Scripts =
    [
        """
        CREATE TABLE endpoint(
            name TEXT PRIMARY KEY,
            model TEXT NOT NULL,
            route TEXT NOT NULL,        -- a JSON object
            revision INTEGER NOT NULL,  -- the number of the ledger's entry that made it so
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL
        ) WITHOUT ROWID;

        -- Only ever added to: it outlives its endpoints.
        CREATE TABLE endpoint_ledger(
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            endpoint TEXT NOT NULL,
            model TEXT NOT NULL,
            kind TEXT NOT NULL,
            from_route TEXT,            -- JSON objects
            to_route TEXT,
            at INTEGER NOT NULL,        -- never before that of an earlier entry of its endpoint
            who TEXT NOT NULL,
            reason TEXT NOT NULL,
            verdict TEXT                -- a JSON object
        );
        CREATE INDEX endpoint_ledger_of_endpoint ON endpoint_ledger(endpoint, seq);

        CREATE TABLE endpoint_rollout(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            endpoint TEXT NOT NULL,
            plan TEXT NOT NULL,         -- JSON objects
            state TEXT NOT NULL,
            status TEXT NOT NULL,
            revision INTEGER NOT NULL,  -- counts its writes
            started_at INTEGER NOT NULL,
            ended_at INTEGER            -- null while it goes on
        );
        CREATE INDEX endpoint_rollout_of_endpoint ON endpoint_rollout(endpoint, id);
        CREATE UNIQUE INDEX endpoint_rollout_active ON endpoint_rollout(endpoint) WHERE ended_at IS NULL;
        """,
    ];
}
