using System.Net.Sockets;
using Npgsql;
using Tarn.Core;

namespace Tarn.Postgres;

/// <summary>
/// A PostgreSQL database by its connection string, which holds secrets: nothing of it but host, port, database and user is ever shown.
/// Disposed, it closes its connections.
/// </summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnectionStringBuilder _settings;

    /// <summary>Reads a connection string; no connection is made yet.</summary>
    /// <param name="connectionString">Npgsql's form (<c>Host=…;Database=…</c>) or a URI (<c>postgresql://user@host/database</c>).</param>
    /// <exception cref="TarnException">The text is not of that form.</exception>
    public PostgresDatabase(string connectionString)
    {
        _settings = Parse(connectionString);
        _settings.ApplicationName ??= "tarn";
        _source = new NpgsqlDataSourceBuilder(_settings.ConnectionString).Build();
    }

    /// <summary>The name of the database that a connection string names; null for none. No connection is made.</summary>
    /// <exception cref="TarnException">The text is not of that form; it is not shown.</exception>
    public static string? NameOf(string connectionString) => Parse(connectionString).Database;

    /// <summary>The database for people: <c>user@host:port/database</c>.</summary>
    public string Display => DisplayOf(_settings);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>What of the settings may be shown.</summary>
    internal static string DisplayOf(NpgsqlConnectionStringBuilder settings) => $"{settings.Username}@{settings.Host}:{settings.Port}/{settings.Database}";

    internal ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation) => _source.OpenConnectionAsync(cancellation);

    /// <summary>Forgets pooled connections, which a restarted server has broken.</summary>
    internal void DropConnections() => _source.Clear();

    /// <summary>Whether trying again on a new connection may help.</summary>
    internal static bool IsTransient(Exception error) => error switch
    {
        PostgresException e => e.IsTransient || e.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow,
        NpgsqlException e => e.IsTransient || e.InnerException is IOException or SocketException or TimeoutException,
        IOException or SocketException or TimeoutException => true,
        _ => false,
    };

    internal TarnException Explain(Exception error) => error switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } e =>
            Unavailable($"The database refused the user: {e.MessageText}.", "Check the user and password in the connection string.", e),
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } e =>
            Unavailable($"There is no such database: {e.MessageText}.", "Create it (createdb), or name another one.", e),
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } e =>
            Unavailable($"The user lacks a privilege: {e.MessageText}.", "Grant CREATE on the database and its schemas, or make the tables for it.", e),
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } e => Unavailable("The database's disk is full; nothing of the batch was written.", "Free space there; it is written then.", e),
        PostgresException e => Unavailable($"The database refused a statement: {e.SqlState} {e.MessageText}.", "The batch is written again with the next run.", e),
        _ => Unavailable($"The database cannot be reached: {error.InnerException?.Message ?? error.Message}.", "Rows are written from where they stopped once it is back.", error),
    };

    private TarnException Unavailable(string rule, string remedy, Exception cause) => new(ErrorKind.Unavailable, rule, Display, remedy, cause);

    /// <summary>Reads a connection string of either form.</summary>
    /// <exception cref="TarnException">The text is not of that form; it is not shown.</exception>
    internal static NpgsqlConnectionStringBuilder Parse(string text)
    {
        try
        {
            return text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase)
                ? FromUri(new Uri(text))
                : new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or UriFormatException or KeyNotFoundException)
        {
            // Neither the text nor the driver's message: both may hold the password.
            throw TarnException.InvalidInput(
                "The PostgreSQL connection string cannot be read.",
                null,
                "Write Host=localhost;Port=5432;Database=quakes;Username=me;Password=…, or postgresql://me:…@localhost:5432/quakes.");
        }
    }

    private static NpgsqlConnectionStringBuilder FromUri(Uri uri)
    {
        var user = uri.UserInfo.Split(':', 2);
        var settings = new NpgsqlConnectionStringBuilder { Host = uri.Host };
        if (uri.Port > 0)
        {
            settings.Port = uri.Port;
        }

        settings.Database = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/'));
        settings.Username = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null;
        settings.Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null;
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            settings[parts[0] == "sslmode" ? "SSL Mode" : Uri.UnescapeDataString(parts[0])] = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "";
        }

        return settings;
    }
}
