using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Postgres.Tests;

/// <summary>The contract, and what is PostgreSQL's own.</summary>
public sealed class PostgresMetadataStoreTests(PostgresCluster cluster) : MetadataStoreContract
{
    private string? _connection;

    [Fact]
    public async Task Schemas_of_one_database_know_nothing_of_each_other()
    {
        await using var one = await OpenThingsAsync();
        await using var two = await OpenAsync(PostgresTestOptions.Patient with { Schema = "other" });
        await MigrateThingsAsync(two);
        var (received, _) = await ListenAsync(two, "c");
        await InsertAsync(one, "one");
        await SignalAsync(one, "c", "one");
        await SignalAsync(two, "c", "two");
        await received.WhenAsync(static r => r.Payloads.Count > 0);
        Assert.Equal(["two"], received.Payloads);
        Assert.Equal(0, await CountAsync(two));

        // Nor do they wait for each other.
        var gate = new TaskCompletionSource<int>();
        var held = one.WriteAsync((_, _) => gate.Task, cancellation: Cancellation);
        await InsertAsync(two, "beside");
        gate.SetResult(0);
        await held;
    }

    [Fact]
    public async Task A_write_that_goes_on_after_a_failed_statement_is_refused()
    {
        await using var store = await OpenThingsAsync();
        await InsertAsync(store, "one");
        await Assert.ThrowsAsync<InvalidOperationException>(() => GoOnAsync(store));
        Assert.Null(store.Fault);

        // Among others it harms none of them.
        var gate = new TaskCompletionSource();
        store.Intercept = moment => moment == CommitMoment.Before ? gate.Task : Task.CompletedTask;
        var first = InsertAsync(store, "two");
        var before = InsertAsync(store, "three");
        var wrong = GoOnAsync(store);
        var after = InsertAsync(store, "four");
        gate.SetResult();
        await Task.WhenAll(first, before, after);
        await Assert.ThrowsAsync<InvalidOperationException>(() => wrong);
        Assert.Equal(["one", "two", "three", "four"], await NamesAsync(store));
    }

    [Fact]
    public async Task A_store_that_is_abandoned_in_a_write_opens_no_session_for_it()
    {
        var connection = new NpgsqlConnectionStringBuilder(await cluster.RequireAsync()) { ApplicationName = "abandoned" }.ConnectionString;
        var user = await StoreUser.OpenAsync(connection, PostgresTestOptions.Patient);
        var (gate, begun) = (new TaskCompletionSource(), false);
        user.Store.Intercept = moment => moment == CommitMoment.Before ? gate.Task : Task.CompletedTask;
        var write = user.Store.WriteAsync((_, _) => Task.FromResult(begun = true), cancellation: Cancellation);
        user.Store.Abandon();
        gate.SetResult();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => write);
        Assert.False(begun);
        await using var other = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { ApplicationName = "other", Pooling = false }.ConnectionString);
        while (await other.QuerySingleAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'abandoned'") > 0)
        {
            // The server notices a little later that a client has gone.
            await Task.Yield();
        }
    }

    [Fact]
    public async Task A_commit_leaves_a_mark_where_there_is_something_to_find_out()
    {
        await using var store = await OpenThingsAsync();
        var before = await MarkAsync(store);
        await store.WriteAsync(static (c, t) => c.QuerySingleAsync<int>("SELECT count(*) FROM thing", transaction: t), cancellation: Cancellation);
        Assert.Equal(before, await MarkAsync(store));
        await InsertAsync(store, "one");
        var row = await MarkAsync(store);
        Assert.True(row > before);
        await SignalAsync(store, "c", "");
        Assert.True(await MarkAsync(store) > row);
    }

    [Fact]
    public async Task What_is_shown_holds_no_password()
    {
        var connection = await cluster.RequireAsync();
        Assert.Contains("not-to-be-seen", connection, StringComparison.Ordinal);
        await using var store = await OpenAsync(connection, PostgresTestOptions.Patient);
        Assert.True(store.IsShared);
        Assert.Matches("^postgres@127.0.0.1:[0-9]+/t[0-9]+, schema tarn$", store.Location);
        var check = await PostgresMetadataStore.CheckAsync(connection, PostgresTestOptions.Patient with { Schema = "later" }, Cancellation);
        Assert.Contains("which the first start makes", check, StringComparison.Ordinal);
        Assert.DoesNotContain("not-to-be-seen", check, StringComparison.Ordinal);
        foreach (var wrong in new[] { "postgres://u:not-to-be-seen@127.0.0.1:1/d", connection.Replace("Database=", "Database=no", StringComparison.Ordinal) })
        {
            foreach (var ask in new Func<Task>[] { () => OpenAsync(wrong, new PostgresMetadataOptions { StartTimeout = TimeSpan.Zero }), () => PostgresMetadataStore.CheckAsync(wrong, new PostgresMetadataOptions(), Cancellation) })
            {
                var error = await Assert.ThrowsAsync<TarnException>(ask);
                Assert.Equal(ErrorKind.Unavailable, error.Kind);
                Assert.DoesNotContain("not-to-be-seen", error.ToString(), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Options_tell_all_their_errors_at_once()
    {
        Assert.Empty(new PostgresMetadataOptions().Errors());
        var wrong = new PostgresMetadataOptions
        {
            Schema = "No",
            MaxReaders = 0,
            ConnectTimeout = TimeSpan.Zero,
            StartTimeout = TimeSpan.FromDays(1),
            StatementTimeout = TimeSpan.Zero,
            WriterTimeout = TimeSpan.FromHours(1),
            OutcomeTimeout = TimeSpan.FromHours(1),
            KeepAlive = TimeSpan.Zero,
        };
        Assert.Equal(9, wrong.Errors().Count);
    }

    [Theory]
    [InlineData("CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a integer NOT NULL)", "CREATE TABLE t(id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a BIGINT NOT NULL)")]
    [InlineData("CREATE TABLE t(a TEXT, b REAL, c BLOB, PRIMARY KEY (a)) WITHOUT ROWID", "CREATE TABLE t(a TEXT COLLATE \"C\", b DOUBLE PRECISION, c BYTEA, PRIMARY KEY (a)) ")]
    [InlineData("INSERT INTO t VALUES ('INTEGER ''TEXT''', CAST(1 AS TEXT)) -- TEXT", "INSERT INTO t VALUES ('INTEGER ''TEXT''', CAST(1 AS TEXT)) -- TEXT")]
    [InlineData("ALTER TABLE \"REAL\" ADD COLUMN integers /* BLOB */ INTEGER", "ALTER TABLE \"REAL\" ADD COLUMN integers /* BLOB */ BIGINT")]
    public void Scripts_are_translated(string script, string expected) => Assert.Equal(expected, SqliteScript.Translate(script));

    protected override Task<MetadataStore> OpenAsync() => OpenAsync(PostgresTestOptions.Patient);

    private static Task<long> MarkAsync(MetadataStore store) => store.ReadAsync(static c => c.QuerySingleAsync<long>("SELECT max(mark) FROM tarn_writer"), Cancellation);

    private static Task<int> GoOnAsync(MetadataStore store) => store.WriteAsync(
        async (connection, transaction) =>
        {
            try
            {
                return await InsertAsync(connection, transaction, "one");
            }
            catch (Npgsql.PostgresException)
            {
                return -1; // Wrong, as the test shows: the transaction has failed.
            }
        },
        cancellation: Cancellation);

    private static async Task<MetadataStore> OpenAsync(string connection, PostgresMetadataOptions options) =>
        await PostgresMetadataStore.OpenAsync(connection, options, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance, Cancellation);

    private async Task<MetadataStore> OpenAsync(PostgresMetadataOptions options) => await OpenAsync(_connection ??= await cluster.RequireAsync(), options);
}
