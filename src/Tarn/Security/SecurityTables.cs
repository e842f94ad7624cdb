namespace Tarn;

/// <summary>The tables of keys, sessions, use and the audit log in the metadata store. Times are microseconds (<see cref="Core.Instant"/>), days are counted from 1970.</summary>
internal static class SecurityTables
{
    public const string Component = "security";

    /// <summary>The store's signal that keys or sessions changed.</summary>
    public const string Signal = "security";

    /// <summary>Released scripts are never changed; a change is a further script.</summary>
    public static readonly string[] Scripts =
    [
        """
        CREATE TABLE security_key(
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            role TEXT NOT NULL,
            endpoints TEXT NOT NULL,
            verbs TEXT NOT NULL,
            hash TEXT NOT NULL,
            previous_hash TEXT,
            previous_until INTEGER,
            rate REAL,
            burst INTEGER NOT NULL,
            quota INTEGER,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            expires_at INTEGER,
            rotated_at INTEGER,
            revoked_at INTEGER,
            last_used_at INTEGER
        );

        CREATE TABLE security_use(
            key TEXT NOT NULL,
            day INTEGER NOT NULL,
            requests INTEGER NOT NULL,
            PRIMARY KEY (key, day)
        ) WITHOUT ROWID;

        CREATE TABLE security_session(
            hash TEXT PRIMARY KEY,
            key TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            remote TEXT NOT NULL
        );
        CREATE INDEX security_session_by_key ON security_session(key, created_at);

        CREATE TABLE security_audit(
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            until INTEGER NOT NULL,
            who TEXT NOT NULL,
            who_name TEXT NOT NULL,
            via TEXT NOT NULL,
            remote TEXT NOT NULL,
            method TEXT NOT NULL,
            path TEXT NOT NULL,
            status INTEGER NOT NULL,
            times INTEGER NOT NULL,
            detail TEXT
        );
        CREATE INDEX security_audit_by_age ON security_audit(at);
        """,
    ];
}
