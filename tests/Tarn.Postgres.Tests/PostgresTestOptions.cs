namespace Tarn.Postgres.Tests;

/// <summary>Options of stores in tests; also compiled into the other suites that have stores in PostgreSQL.</summary>
internal static class PostgresTestOptions
{
    /// <summary>
    /// For stores that no test cuts off: a busy machine may keep a write waiting for its turn longer than the default limits allow, and the server would end it. A process that is
    /// killed lets go of the lock at once all the same, since its connection closes.
    /// </summary>
    public static PostgresMetadataOptions Patient { get; } = new()
    {
        MaxReaders = 4,
        ConnectTimeout = TimeSpan.FromMinutes(1),
        StatementTimeout = TimeSpan.FromMinutes(10),
        WriterTimeout = TimeSpan.FromMinutes(5),
    };
}
