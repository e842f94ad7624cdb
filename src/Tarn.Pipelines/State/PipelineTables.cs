namespace Tarn.Pipelines;

/// <summary>The orchestrator's tables in the metadata store. Times are microseconds (<see cref="Core.Instant"/>), states their snake-case names.</summary>
internal static class PipelineTables
{
    public const string Component = "pipelines";

    /// <summary>Released scripts are never changed; a change is a further script.</summary>
    public static readonly string[] Scripts =
    [
        """
        CREATE TABLE pipeline(
            name TEXT PRIMARY KEY,
            definition TEXT NOT NULL,
            paused INTEGER NOT NULL DEFAULT 0,
            registered_at INTEGER NOT NULL,
            scheduled_until INTEGER  -- every data interval that starts before this is decided: run, or left out
        ) WITHOUT ROWID;

        CREATE TABLE pipeline_run(
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            pipeline TEXT NOT NULL,
            definition TEXT NOT NULL,
            trigger TEXT NOT NULL,
            state TEXT NOT NULL,
            logical_date INTEGER NOT NULL,
            interval_start INTEGER NOT NULL,
            interval_end INTEGER NOT NULL,
            queued_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER,
            error TEXT,
            cancel_requested INTEGER NOT NULL DEFAULT 0
        );
        CREATE UNIQUE INDEX pipeline_run_interval ON pipeline_run(pipeline, interval_start) WHERE trigger IN ('scheduled', 'catch_up');
        CREATE INDEX pipeline_run_newest ON pipeline_run(pipeline, seq);
        CREATE INDEX pipeline_run_by_state ON pipeline_run(state, seq);
        CREATE INDEX pipeline_run_active ON pipeline_run(pipeline, seq) WHERE state IN ('queued', 'running');

        CREATE TABLE pipeline_task(
            run INTEGER NOT NULL REFERENCES pipeline_run(seq) ON DELETE CASCADE,
            name TEXT NOT NULL,
            ordinal INTEGER NOT NULL,
            after TEXT NOT NULL,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,  -- made so far
            tries INTEGER NOT NULL DEFAULT 0,     -- of those, counted against the retries since the run was queued
            orphans INTEGER NOT NULL DEFAULT 0,   -- ended with their process, in a row, newest last
            retry_at INTEGER,
            PRIMARY KEY (run, name)
        ) WITHOUT ROWID;

        CREATE TABLE task_attempt(
            run INTEGER NOT NULL REFERENCES pipeline_run(seq) ON DELETE CASCADE,
            task TEXT NOT NULL,
            number INTEGER NOT NULL,
            state TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            error TEXT,
            reported TEXT,
            PRIMARY KEY (run, task, number)
        ) WITHOUT ROWID;
        CREATE INDEX task_attempt_running ON task_attempt(run) WHERE state = 'running';

        CREATE TABLE task_log(
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            run INTEGER NOT NULL REFERENCES pipeline_run(seq) ON DELETE CASCADE,
            task TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            at INTEGER NOT NULL,
            level INTEGER NOT NULL,
            category TEXT NOT NULL,
            message TEXT NOT NULL,
            exception TEXT,
            fields TEXT
        );
        CREATE INDEX task_log_of_run ON task_log(run, seq);
        """,
        """
        CREATE TABLE pipeline_interval(
            pipeline TEXT NOT NULL,
            interval_start INTEGER NOT NULL,  -- of the first of data intervals in a row whose latest runs ended alike
            interval_end INTEGER NOT NULL,    -- of the last of them
            state TEXT NOT NULL,
            intervals INTEGER NOT NULL,
            PRIMARY KEY (pipeline, interval_start)
        ) WITHOUT ROWID;

        CREATE TABLE pipeline_backfill(
            id TEXT PRIMARY KEY,
            pipeline TEXT NOT NULL,
            span_start INTEGER NOT NULL,
            span_end INTEGER NOT NULL,
            reprocess TEXT NOT NULL,
            max_active_runs INTEGER NOT NULL,
            backwards INTEGER NOT NULL,
            state TEXT NOT NULL,
            reached INTEGER NOT NULL,  -- every interval of it that starts before this is decided; of one that runs backwards, at or after this
            total INTEGER NOT NULL,
            made INTEGER NOT NULL DEFAULT 0,
            left_out INTEGER NOT NULL DEFAULT 0,
            succeeded INTEGER NOT NULL DEFAULT 0,
            failed INTEGER NOT NULL DEFAULT 0,
            cancelled INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,
            ended_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX pipeline_backfill_newest ON pipeline_backfill(pipeline, created_at);
        CREATE INDEX pipeline_backfill_open ON pipeline_backfill(pipeline) WHERE state IN ('running', 'paused');

        CREATE TABLE pipeline_backfill_range(
            backfill TEXT NOT NULL REFERENCES pipeline_backfill(id) ON DELETE CASCADE,
            interval_start INTEGER NOT NULL,
            interval_end INTEGER NOT NULL,
            intervals INTEGER NOT NULL,
            PRIMARY KEY (backfill, interval_start)
        ) WITHOUT ROWID;
        """,
    ];
}
