using System.Globalization;
using Npgsql;

namespace Tarn.Postgres;

/// <summary>The three kinds of sessions of a store: readers (pooled), the writer, and the one that waits for signals. Their settings are given at their start.</summary>
internal sealed class PostgresSessions : IAsyncDisposable
{
    private readonly NpgsqlDataSource _readers;
    private readonly NpgsqlDataSource _writer;
    private readonly NpgsqlDataSource _listener;

    public PostgresSessions(string connectionString, PostgresMetadataOptions options)
    {
        var settings = PostgresDatabase.Parse(connectionString);
        Display = PostgresDatabase.DisplayOf(settings);
        _readers = Build(settings, options, s =>
        {
            s.Options += " -c default_transaction_read_only=on";
            s.Pooling = true;
            s.MinPoolSize = 0;
            s.MaxPoolSize = options.MaxReaders;
            s.NoResetOnClose = true;
        });
        _writer = Build(settings, options, static s => s.Pooling = false);

        // Npgsql's own probes are only for the session that waits: in a write they would hide from the server that nothing goes on.
        _listener = Build(settings, options, s =>
        {
            s.Pooling = false;
            s.KeepAlive = Seconds(options.KeepAlive);
        });
    }

    /// <summary>The database for people, without secrets.</summary>
    public string Display { get; }

    public ValueTask<NpgsqlConnection> OpenReaderAsync(CancellationToken cancellation) => _readers.OpenConnectionAsync(cancellation);

    public ValueTask<NpgsqlConnection> OpenWriterAsync(CancellationToken cancellation) => _writer.OpenConnectionAsync(cancellation);

    public ValueTask<NpgsqlConnection> OpenListenerAsync(CancellationToken cancellation) => _listener.OpenConnectionAsync(cancellation);

    /// <summary>Forgets pooled connections, which a restarted server has broken.</summary>
    public void DropReaders() => _readers.Clear();

    public async ValueTask DisposeAsync()
    {
        await _readers.DisposeAsync().ConfigureAwait(false);
        await _writer.DisposeAsync().ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
    }

    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder given, PostgresMetadataOptions options, Action<NpgsqlConnectionStringBuilder> differ)
    {
        var settings = new NpgsqlConnectionStringBuilder(given.ConnectionString)
        {
            Timeout = Seconds(options.ConnectTimeout),

            // The server's own limit comes first, and tells more.
            CommandTimeout = Seconds(options.StatementTimeout) + 2,
            Options = $"{given.Options} {SessionSettings(options)}".Trim(),
            SearchPath = null,
            TcpKeepAlive = true,
            TcpKeepAliveTime = Seconds(options.KeepAlive),
            TcpKeepAliveInterval = Seconds(options.KeepAlive),
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
            Enlist = false,
            Multiplexing = false,
        };
        settings.ApplicationName ??= "tarn";
        differ(settings);
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }

    private static string SessionSettings(PostgresMetadataOptions options)
    {
        var keepAlive = Seconds(options.KeepAlive);
        (string Name, object Value)[] settings =
        [
            ("search_path", options.Schema),
            ("statement_timeout", Milliseconds(options.StatementTimeout)),
            ("idle_in_transaction_session_timeout", Milliseconds(options.WriterTimeout)),
            ("lock_timeout", 0),
            ("tcp_user_timeout", Milliseconds(options.WriterTimeout)),
            ("tcp_keepalives_idle", keepAlive),
            ("tcp_keepalives_interval", keepAlive),
            ("tcp_keepalives_count", 3),
            ("TimeZone", "UTC"),
            ("client_min_messages", "warning"),
            ("jit", "off"),
        ];
        return string.Join(' ', settings.Select(static s => string.Create(CultureInfo.InvariantCulture, $"-c {s.Name}={s.Value}")));
    }

    private static long Milliseconds(TimeSpan span) => (long)span.TotalMilliseconds;

    private static int Seconds(TimeSpan span) => Math.Max(1, (int)Math.Ceiling(span.TotalSeconds));
}
