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
        """
        ALTER TABLE pipeline_run ADD COLUMN parameters TEXT;        -- a JSON object
        ALTER TABLE pipeline_run ADD COLUMN cause TEXT;             -- of a repair and of a run by data: a JSON object
        ALTER TABLE pipeline_run ADD COLUMN parent TEXT;            -- of a sub-pipeline: the run that waits for it
        ALTER TABLE pipeline_run ADD COLUMN parent_task TEXT;
        ALTER TABLE pipeline_run ADD COLUMN backfill TEXT;
        ALTER TABLE pipeline_run ADD COLUMN sources TEXT;           -- the versions of the repairing tables when it started: a JSON object
        ALTER TABLE pipeline_run ADD COLUMN sla_missed INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX pipeline_run_by_parent ON pipeline_run(parent) WHERE parent IS NOT NULL;
        CREATE INDEX pipeline_run_by_interval ON pipeline_run(pipeline, interval_start, seq);

        ALTER TABLE pipeline_task ADD COLUMN task TEXT;             -- of a call of a mapped task: the task
        ALTER TABLE pipeline_task ADD COLUMN item INTEGER;
        ALTER TABLE pipeline_task ADD COLUMN item_value TEXT;
        ALTER TABLE pipeline_task ADD COLUMN kind TEXT;
        ALTER TABLE pipeline_task ADD COLUMN result TEXT;
        ALTER TABLE pipeline_task ADD COLUMN note TEXT;             -- why it ended as it did, where no attempt says so
        ALTER TABLE pipeline_task ADD COLUMN child_run TEXT;
        ALTER TABLE pipeline_task ADD COLUMN since INTEGER;         -- when its first attempt started

        ALTER TABLE task_attempt ADD COLUMN worker TEXT;            -- the node that runs it; null while it waits for one
        ALTER TABLE task_attempt ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE task_attempt ADD COLUMN outcome TEXT;           -- of one run by another node: how it ended, until its run has heard of it
        ALTER TABLE task_attempt ADD COLUMN cancel_requested INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX task_attempt_open ON task_attempt(state, priority) WHERE state = 'queued';
        CREATE INDEX task_attempt_outcome ON task_attempt(run) WHERE outcome IS NOT NULL;

        CREATE TABLE pipeline_definition(hash TEXT PRIMARY KEY, pipeline TEXT NOT NULL, definition TEXT NOT NULL, first_seen INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE task_cache(key TEXT PRIMARY KEY, result TEXT, run TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX task_cache_by_end ON task_cache(expires);

        CREATE TABLE pipeline_node(
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            beat INTEGER NOT NULL,   -- counts its renewals: who sees it stand still for the lease's time may declare it gone
            state TEXT NOT NULL,     -- alive, gone
            slots INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            seen_at INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE pipeline_leader(one INTEGER PRIMARY KEY, node TEXT NOT NULL, fence INTEGER NOT NULL);
        """,
        // What runs from before there was pipeline_interval said of their intervals: of each the latest that has ended, joined where they touch and ended alike.
        """
        INSERT INTO pipeline_interval(pipeline, interval_start, interval_end, state, intervals)
        SELECT pipeline, min(interval_start), max(interval_end), state, count(*) FROM (
            SELECT pipeline, interval_start, interval_end, state,
                sum(fresh) OVER (PARTITION BY pipeline ORDER BY interval_start) AS island FROM (
                SELECT pipeline, interval_start, interval_end, state,
                    CASE WHEN lag(interval_end) OVER (PARTITION BY pipeline ORDER BY interval_start) = interval_start
                        AND lag(state) OVER (PARTITION BY pipeline ORDER BY interval_start) = state THEN 0 ELSE 1 END AS fresh FROM (
                    SELECT pipeline, interval_start, interval_end, state,
                        coalesce(max(interval_end) OVER (
                            PARTITION BY pipeline ORDER BY interval_start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), interval_start) AS taken FROM (
                        SELECT pipeline, interval_start, interval_end, state, row_number() OVER (PARTITION BY pipeline, interval_start ORDER BY seq DESC) AS age
                        FROM pipeline_run
                        WHERE state IN ('success', 'failed', 'cancelled') AND interval_end > interval_start AND pipeline NOT IN (SELECT pipeline FROM pipeline_interval)
                    ) AS ended WHERE age = 1
                ) AS latest WHERE taken <= interval_start
            ) AS apart
        ) AS islands GROUP BY pipeline, island, state;
        """,
        """
        CREATE TABLE pipeline_source(
            pipeline TEXT NOT NULL,
            purpose TEXT NOT NULL,     -- repair, data
            kind TEXT NOT NULL,        -- table, topic
            name TEXT NOT NULL,
            reached TEXT NOT NULL,     -- what has been taken up: of a table a version, of a topic the ends of its partitions as a JSON array
            table_id TEXT,             -- Delta's id of the table: another by the same name has another
            taken_until INTEGER,       -- of data: the end of the last run's data interval
            PRIMARY KEY (pipeline, purpose, kind, name)
        ) WITHOUT ROWID;

        CREATE TABLE pipeline_repair(
            pipeline TEXT NOT NULL,
            interval_start INTEGER NOT NULL,  -- of the first of data intervals in a row that wait for their repair; ranges of a pipeline are apart from each other
            interval_end INTEGER NOT NULL,
            cause TEXT NOT NULL,              -- a JSON object
            first_at INTEGER NOT NULL,        -- when the first and the last of the commits were seen
            last_at INTEGER NOT NULL,
            PRIMARY KEY (pipeline, interval_start)
        ) WITHOUT ROWID;
        """,
        """
        ALTER TABLE pipeline_run ADD COLUMN retried INTEGER NOT NULL DEFAULT 0;  -- how often it was put back into the queue after its end
        CREATE INDEX task_attempt_on_worker ON task_attempt(worker) WHERE state = 'running';
        """,
        "ALTER TABLE task_attempt ADD COLUMN resumed INTEGER NOT NULL DEFAULT 0;  -- 1 where it went on after a deferral: it started with its first look",
        """
        ALTER TABLE pipeline_run ADD COLUMN callers TEXT;           -- of a sub-pipeline: the tasks that call it, from the topmost run on
        ALTER TABLE pipeline_run ADD COLUMN recompute INTEGER NOT NULL DEFAULT 0;   -- 1 where it takes nothing from the cache
        ALTER TABLE pipeline_run ADD COLUMN had_failed INTEGER NOT NULL DEFAULT 0;  -- 1 where it failed before it was tried again
        """,
    ];
}
