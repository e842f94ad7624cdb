using Tarn.Core;

namespace Tarn.Postgres;

/// <summary>How the metadata store in PostgreSQL is reached, and how long it waits for what.</summary>
public sealed record PostgresMetadataOptions
{
    /// <summary>
    /// The schema that holds the tables, made where there is none; default <c>tarn</c>. 1 to 48 lower-case ASCII letters, digits and underscores, a letter first. Several
    /// installations share a database by a schema each.
    /// </summary>
    public string Schema { get; init; } = "tarn";

    /// <summary>How many reads go on at once, each on a connection of its own; default 16, range 1 to 200. One more connection writes, and one waits for signals.</summary>
    public int MaxReaders { get; init; } = 16;

    /// <summary>How long to wait for a connection; default 10 s, range 100 ms to 1 min.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the opening waits for a server that is not there or not ready (refused, unknown to the name service, starting up, without a free connection), asking again and again; default
    /// 30 s, range 0 to 1 h. 0 asks once. What waiting does not mend (a wrong password, a missing database) is told at once.
    /// </summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long one statement may take, and so how long a write waits for those of other processes (<c>statement_timeout</c>); default 30 s, range 100 ms to 10 min,
    /// and longer than <see cref="WriterTimeout"/>. Migrations have no limit.
    /// </summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a process that says nothing may hold the writers' lock, before the server ends its transaction (<c>idle_in_transaction_session_timeout</c>): so long a process
    /// that was cut off keeps the others waiting. Default 5 s, range 100 ms to 5 min.
    /// </summary>
    public TimeSpan WriterTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long to ask whether a commit took effect whose answer was lost, before telling that it is unknown; default 1 min, range 0 to 10 min. A store that is being closed asks once.</summary>
    public TimeSpan OutcomeTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>After so long without a signal the connection that waits for them is tried; also the pause of TCP's own probes. Default 10 s, range 1 s to 10 min.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Every rule that the options break, none where they are good.</summary>
    public IReadOnlyList<string> Errors()
    {
        var errors = new List<string>();
        Check(
            Schema.Length is >= 1 and <= 48 && char.IsAsciiLetterLower(Schema[0]) && Schema.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'),
            $"Metadata:Postgres:Schema is 1 to 48 lower-case letters, digits and underscores, a letter first (value: {Schema}).");
        Check(MaxReaders is >= 1 and <= 200, $"Metadata:Postgres:MaxReaders is 1 to 200 (value: {MaxReaders}).");
        Check(ConnectTimeout >= TimeSpan.FromMilliseconds(100) && ConnectTimeout <= TimeSpan.FromMinutes(1), $"Metadata:Postgres:ConnectTimeout is 100 ms to 1 min (value: {ConnectTimeout}).");
        Check(StartTimeout >= TimeSpan.Zero && StartTimeout <= TimeSpan.FromHours(1), $"Metadata:Postgres:StartTimeout is 0 to 1 h (value: {StartTimeout}).");
        Check(StatementTimeout >= TimeSpan.FromMilliseconds(100) && StatementTimeout <= TimeSpan.FromMinutes(10), $"Metadata:Postgres:StatementTimeout is 100 ms to 10 min (value: {StatementTimeout}).");
        Check(WriterTimeout >= TimeSpan.FromMilliseconds(100) && WriterTimeout <= TimeSpan.FromMinutes(5), $"Metadata:Postgres:WriterTimeout is 100 ms to 5 min (value: {WriterTimeout}).");
        Check(WriterTimeout < StatementTimeout, $"Metadata:Postgres:WriterTimeout is shorter than StatementTimeout, so that a write outlasts a process that was cut off (values: {WriterTimeout}, {StatementTimeout}).");
        Check(OutcomeTimeout >= TimeSpan.Zero && OutcomeTimeout <= TimeSpan.FromMinutes(10), $"Metadata:Postgres:OutcomeTimeout is 0 to 10 min (value: {OutcomeTimeout}).");
        Check(KeepAlive >= TimeSpan.FromSeconds(1) && KeepAlive <= TimeSpan.FromMinutes(10), $"Metadata:Postgres:KeepAlive is 1 s to 10 min (value: {KeepAlive}).");
        return errors;

        void Check(bool good, string error)
        {
            if (!good)
            {
                errors.Add(error);
            }
        }
    }

    internal void Validate()
    {
        if (Errors() is { Count: > 0 } errors)
        {
            throw TarnException.InvalidInput(string.Join(" ", errors), null);
        }
    }
}
