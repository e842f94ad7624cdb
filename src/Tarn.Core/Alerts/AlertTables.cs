namespace Tarn.Core;

/// <summary>The tables of alerts in the metadata store. Times are microseconds (<see cref="Instant"/>).</summary>
internal static class AlertTables
{
    public const string Component = "alerts";
    public const string Waiting = "waiting";
    public const string Sent = "sent";
    public const string Undelivered = "undelivered";

    /// <summary>Released scripts are never changed; a change is a further script.</summary>
    public static readonly string[] Scripts =
    [
        """
        CREATE TABLE alert(
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            severity TEXT NOT NULL,
            subject TEXT NOT NULL,
            title TEXT NOT NULL,
            body TEXT NOT NULL,
            fields TEXT NOT NULL,
            group_key TEXT,
            occurred_at INTEGER NOT NULL,
            recorded_at INTEGER NOT NULL
        );
        CREATE INDEX alert_by_age ON alert(recorded_at);

        CREATE TABLE alert_delivery(
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            alert TEXT NOT NULL,
            channel TEXT NOT NULL,
            state TEXT NOT NULL,
            group_key TEXT,
            recorded_at INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            message TEXT,
            attempted_at INTEGER,
            ended_at INTEGER,
            error TEXT
        );
        CREATE UNIQUE INDEX alert_delivery_once ON alert_delivery(alert, channel);
        CREATE INDEX alert_delivery_waiting ON alert_delivery(channel, due_at) WHERE state = 'waiting';
        CREATE INDEX alert_delivery_attempted ON alert_delivery(channel, attempted_at) WHERE attempted_at IS NOT NULL;

        CREATE TABLE alert_channel(
            channel TEXT PRIMARY KEY,
            claimed_by TEXT,
            claimed_until INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            not_before INTEGER,
            last_success_at INTEGER,
            last_error_at INTEGER,
            last_error TEXT
        );
        """,
        """
        ALTER TABLE alert_delivery ADD COLUMN alone INTEGER NOT NULL DEFAULT 0;    -- 1: it was refused, and is sent in a message of its own
        CREATE INDEX alert_delivery_due ON alert_delivery(channel, alone, due_at) WHERE state = 'waiting';
        DROP INDEX alert_delivery_waiting;
        """,
    ];
}
