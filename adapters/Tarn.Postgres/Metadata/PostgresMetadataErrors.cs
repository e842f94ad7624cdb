using System.Net.Sockets;
using Npgsql;
using Tarn.Core;

namespace Tarn.Postgres;

/// <summary>PostgreSQL's states (its documentation's appendix A) and broken connections as errors for people.</summary>
internal sealed class PostgresMetadataErrors(string location)
{
    private const string IdleInTransactionTimeout = "25P03";

    /// <summary>
    /// Where a connection breaks beneath a command that begins at the same moment, the driver may find its own event for cancellations disposed of, and says so, while the connection
    /// still calls itself open (seen with Npgsql 10: NpgsqlConnector.ResetCancellation).
    /// </summary>
    private const string CancellationEvent = "System.Threading.ManualResetEventSlim";

    private const string Retry = "It is tried again with the next write or read.";

    /// <summary>An error of the server or of the way to it, which strikes the whole transaction; null for one of a statement.</summary>
    public TarnException? FaultOf(Exception error) => error switch
    {
        PostgresException e => FaultOf(e),
        NpgsqlException { InnerException: TimeoutException } e => Unavailable("The metadata's PostgreSQL does not answer in time.", "Look at the server and at the network to it. " + Retry, e),
        NpgsqlException or SocketException or IOException or TimeoutException or ObjectDisposedException { ObjectName: CancellationEvent } =>
            Unavailable($"The metadata's PostgreSQL cannot be reached: {error.InnerException?.Message ?? error.Message}", "Look at the server and at the network to it. " + Retry, error),
        _ => null,
    };

    /// <summary>Whether the server is not there or not ready, as one is that starts later: then the same question may have an answer in a while.</summary>
    public static bool IsAway(Exception error) => error switch
    {
        PostgresException e => e.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.TooManyConnections,
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException } or SocketException or IOException or TimeoutException => true,
        _ => false,
    };

    /// <summary>Any error of a read.</summary>
    public TarnException TranslateRead(Exception error) =>
        (error is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } ? null : FaultOf(error))
        ?? new TarnException(ErrorKind.Corrupt, $"The metadata store refused a statement: {(error as PostgresException)?.MessageText ?? error.Message}", location, null, error);

    public TarnException Lost(Exception cause) => Unavailable("The connection to the metadata's PostgreSQL broke before the write was committed: nothing of it took effect.", Retry, cause);

    public TarnException OutcomeUnknown(Exception cause) =>
        new(
            ErrorKind.Unavailable,
            "The connection to the metadata's PostgreSQL broke while the write was committed, and the server does not come back to tell: whether it took effect is unknown.",
            location,
            "Look at the server and at the network to it, and then at the state before repeating the work.",
            cause)
        {
            IsOutcomeUnknown = true,
        };

    private TarnException? FaultOf(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            Unavailable($"The metadata's PostgreSQL refused the user: {e.MessageText}.", "Check user and password in Metadata:Store.", e),
        PostgresErrorCodes.InvalidCatalogName => Unavailable($"The metadata's database is missing: {e.MessageText}.", "Create it (createdb), or name another one in Metadata:Store.", e),
        PostgresErrorCodes.InsufficientPrivilege => Unavailable($"The user lacks a privilege on the metadata: {e.MessageText}.", "Grant CREATE on the database, or make the schema and give it to the user.", e),
        PostgresErrorCodes.ReadOnlySqlTransaction => Unavailable("The metadata's PostgreSQL takes no writes: it is a standby, or set to read only.", "Name the primary server in Metadata:Store.", e),
        PostgresErrorCodes.QueryCanceled => Unavailable("The metadata's PostgreSQL took too long for a statement, or another process held the writers' lock all the time.", "Look at the server's load and its locks (pg_locks, locktype advisory). " + Retry, e),
        IdleInTransactionTimeout => Unavailable("The write was silent for too long, and the server ended it: nothing of it took effect.", Retry, e),
        PostgresErrorCodes.DiskFull => Unavailable("The metadata cannot be written: the disk of its PostgreSQL is full.", "Free space there; what waits to be written is written then.", e),
        PostgresErrorCodes.TooManyConnections => Unavailable("The metadata's PostgreSQL has no connection left.", "Raise its max_connections, or lower Metadata:Postgres:MaxReaders. " + Retry, e),
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => TarnException.Corrupt($"The metadata's database is damaged: {e.MessageText}.", location, "Put back a copy.", e),
        _ when e.IsTransient || e.InvariantSeverity is "FATAL" or "PANIC" || e.SqlState[..2] is "08" or "40" or "53" or "57" or "58" =>
            Unavailable($"The metadata's PostgreSQL is not ready: {e.SqlState} {e.MessageText}.", Retry, e),

        // Another version of the program has changed a table that a statement was prepared for.
        _ when e.Routine == "RevalidateCachedQuery" => Unavailable("The metadata's tables were changed meanwhile.", Retry, e),
        _ => null,
    };

    private TarnException Unavailable(string rule, string remedy, Exception cause) => new(ErrorKind.Unavailable, rule, location, remedy, cause);
}
