namespace Tarn.Registry;

/// <summary>
/// The registry's tables in the metadata store. Times are microseconds (<see cref="Core.Instant"/>), but for those of metrics, which are the milliseconds that their client said.
/// </summary>
internal static class RegistryTables
{
    public const string Component = "registry";

    /// <summary>Released scripts are never changed; a change is a further script.</summary>
    public static readonly string[] Scripts =
    [
        """
        CREATE TABLE experiment(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            artifact_location TEXT NOT NULL,
            state TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            deleted_at INTEGER
        );

        CREATE TABLE experiment_tag(
            experiment INTEGER NOT NULL REFERENCES experiment(id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (experiment, name)
        ) WITHOUT ROWID;

        CREATE TABLE training_run(
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            experiment INTEGER NOT NULL REFERENCES experiment(id),
            name TEXT NOT NULL,
            user_id TEXT NOT NULL,
            status TEXT NOT NULL,
            state TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            artifact_location TEXT NOT NULL,
            deleted_at INTEGER
        );
        CREATE INDEX training_run_newest ON training_run(experiment, started_at);

        CREATE TABLE training_param(
            run INTEGER NOT NULL REFERENCES training_run(seq) ON DELETE CASCADE,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (run, name)
        ) WITHOUT ROWID;

        CREATE TABLE training_tag(
            run INTEGER NOT NULL REFERENCES training_run(seq) ON DELETE CASCADE,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (run, name)
        ) WITHOUT ROWID;

        -- Of each metric the point that counts: that of the greatest step, then time, then value.
        CREATE TABLE training_metric(
            run INTEGER NOT NULL REFERENCES training_run(seq) ON DELETE CASCADE,
            name TEXT NOT NULL,
            value REAL NOT NULL,      -- 0 where it is not a number
            is_nan INTEGER NOT NULL,
            step INTEGER NOT NULL,
            at_ms INTEGER NOT NULL,
            PRIMARY KEY (run, name)
        ) WITHOUT ROWID;

        CREATE TABLE training_metric_point(
            run INTEGER NOT NULL REFERENCES training_run(seq) ON DELETE CASCADE,
            name TEXT NOT NULL,
            step INTEGER NOT NULL,
            at_ms INTEGER NOT NULL,
            value REAL NOT NULL,
            is_nan INTEGER NOT NULL,
            PRIMARY KEY (run, name, step, at_ms, value, is_nan)
        ) WITHOUT ROWID;

        CREATE TABLE training_input(
            run INTEGER NOT NULL REFERENCES training_run(seq) ON DELETE CASCADE,
            name TEXT NOT NULL,
            digest TEXT NOT NULL,
            source_type TEXT NOT NULL,
            source TEXT NOT NULL,
            table_schema TEXT,
            profile TEXT,
            context TEXT,
            tags TEXT NOT NULL,  -- a JSON object
            PRIMARY KEY (run, name, digest)
        ) WITHOUT ROWID;

        CREATE TABLE registered_model(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            folder TEXT NOT NULL UNIQUE,  -- of its versions' files; it stays where the model gets another name
            description TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            last_version INTEGER NOT NULL DEFAULT 0  -- given out so far, also to registrations that came to nothing
        );

        -- Names that models had that were deleted or renamed: their numbers are not given out again.
        CREATE TABLE registered_model_past(
            name TEXT PRIMARY KEY,
            last_version INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE registered_model_tag(
            model INTEGER NOT NULL REFERENCES registered_model(id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (model, name)
        ) WITHOUT ROWID;

        CREATE TABLE model_version(
            model INTEGER NOT NULL REFERENCES registered_model(id) ON DELETE CASCADE,
            version INTEGER NOT NULL,
            source TEXT NOT NULL,
            run TEXT,
            run_link TEXT,
            description TEXT NOT NULL,
            user_id TEXT NOT NULL,
            stage TEXT NOT NULL,
            folder TEXT,          -- of its files in the store; null where they are elsewhere
            files TEXT NOT NULL,  -- a JSON array: path, size, SHA-256
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            PRIMARY KEY (model, version)
        ) WITHOUT ROWID;
        CREATE INDEX model_version_by_run ON model_version(run) WHERE run IS NOT NULL;

        CREATE TABLE model_version_tag(
            model INTEGER NOT NULL,
            version INTEGER NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (model, version, name),
            FOREIGN KEY (model, version) REFERENCES model_version(model, version) ON DELETE CASCADE
        ) WITHOUT ROWID;

        CREATE TABLE model_alias(
            model INTEGER NOT NULL,
            alias TEXT NOT NULL,
            version INTEGER NOT NULL,
            PRIMARY KEY (model, alias),
            FOREIGN KEY (model, version) REFERENCES model_version(model, version)
        ) WITHOUT ROWID;

        -- Only ever added to: it outlives its models.
        CREATE TABLE model_ledger(
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            model INTEGER NOT NULL,
            model_name TEXT NOT NULL,  -- at that time
            alias TEXT NOT NULL,
            kind TEXT NOT NULL,
            from_version INTEGER,
            to_version INTEGER,
            candidate INTEGER,
            at INTEGER NOT NULL,       -- never before that of an earlier entry of its model
            who TEXT NOT NULL,
            reason TEXT NOT NULL,
            verdict TEXT               -- a JSON object
        );
        CREATE INDEX model_ledger_of_model ON model_ledger(model, alias, seq);
        CREATE INDEX model_ledger_by_name ON model_ledger(model_name, seq);
        """,
    ];
}
