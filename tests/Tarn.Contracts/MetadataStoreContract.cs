using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using Tarn.Core;
using Xunit;

namespace Tarn.Contracts;

/// <summary>What every <see cref="MetadataStore"/> promises. An implementation's tests derive from it; a test's store starts empty.</summary>
public abstract partial class MetadataStoreContract
{
    private static readonly string[] Things =
        ["CREATE TABLE thing(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, number INTEGER NOT NULL DEFAULT 0, ratio REAL, bytes BLOB)"];

    /// <summary>The running test's cancellation.</summary>
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens the test's store, with what it stored before; several at once only where the store is shared.</summary>
    protected abstract Task<MetadataStore> OpenAsync();

    [Fact]
    public async Task Each_script_of_a_component_runs_once()
    {
        string[] more = [.. Things, "INSERT INTO thing(name) VALUES ('made by the second script'); CREATE INDEX thing_name ON thing(name, id)"];
        await using (var store = await OpenAsync())
        {
            await store.MigrateAsync("things", Things, Cancellation);
            await store.MigrateAsync("things", more, Cancellation);
            await store.MigrateAsync("other", ["CREATE TABLE other(a TEXT, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID"], Cancellation);
        }

        await using var again = await OpenAsync();
        await again.MigrateAsync("things", more, Cancellation);
        Assert.Equal(1, await CountAsync(again));
    }

    [Fact]
    public async Task Of_several_that_migrate_at_once_one_does_it()
    {
        string[] scripts = [.. Things, "INSERT INTO thing(name) VALUES ('once')"];
        await using var stores = await OpenSeveralAsync();
        await Task.WhenAll(stores.All.SelectMany(s => Enumerable.Range(0, 5).Select(_ => Task.Run(() => s.MigrateAsync("things", scripts, Cancellation), Cancellation))));
        Assert.Equal(1, await CountAsync(stores.All[0]));
    }

    [Fact]
    public async Task A_store_of_a_newer_version_and_a_changed_script_are_refused()
    {
        await using var store = await OpenAsync();
        await store.MigrateAsync("things", [.. Things, "CREATE TABLE more(id INTEGER)"], Cancellation);
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => store.MigrateAsync("things", Things, Cancellation))).Kind);
        Assert.Contains("never changed", (await Assert.ThrowsAsync<TarnException>(() => store.MigrateAsync("things", ["CREATE TABLE thing(id TEXT)", "x"], Cancellation))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_behind()
    {
        await using var store = await OpenAsync();
        await Assert.ThrowsAnyAsync<DbException>(() => store.MigrateAsync("things", [.. Things, "no SQL at all"], Cancellation));
        await store.MigrateAsync("things", Things, Cancellation);
        Assert.Null(store.Fault);
    }

    [Fact]
    public async Task Values_come_back_as_they_were_given()
    {
        await using var store = await OpenThingsAsync();
        var thing = new Thing("größe 🜨 'quoted'", 1L << 60, 0.1, [0, 1, 255]);
        await store.WriteAsync((c, t) => c.ExecuteAsync("INSERT INTO thing(name, number, ratio, bytes) VALUES (@Name, @Number, @Ratio, @Bytes)", thing, t), cancellation: Cancellation);
        var read = await store.ReadAsync(static c => c.QuerySingleAsync<Thing>("SELECT name, number, ratio, bytes FROM thing"), Cancellation);
        Assert.Equal(thing with { Bytes = read.Bytes }, read);
        Assert.Equal(thing.Bytes, read.Bytes);
    }

    [Fact]
    public async Task Any_text_can_be_kept_when_it_is_cleaned()
    {
        (string Text, string Kept)[] texts =
        [
            ("a\0b", "a\uFFFDb"),
            ("half \uD83D", "half \uFFFD"),
            ("\uDE00\uD83D\uDE00\0", "\uFFFD\uD83D\uDE00\uFFFD"),
            ("whole \uD83D\uDE00", "whole \uD83D\uDE00"),
        ];
        await using var store = await OpenThingsAsync();
        foreach (var (text, _) in texts)
        {
            await InsertAsync(store, StoredText.Clean(text));
        }

        Assert.Equal(texts.Select(static t => t.Kept), await NamesAsync(store));
    }

    [Fact]
    public async Task Text_is_ordered_by_its_code_points()
    {
        string[] names = ["_", "a", "B", "ä", "Z", "0", "-", "ab", "a b"];
        await using var store = await OpenThingsAsync();
        foreach (var name in names)
        {
            await InsertAsync(store, name);
        }

        var read = await store.ReadAsync(static c => c.QueryAsync<string>("SELECT name FROM thing ORDER BY name"), Cancellation);
        Assert.Equal(names.Order(StringComparer.Ordinal), read);
        Assert.Equal(4, await store.ReadAsync(static c => c.QuerySingleAsync<int>("SELECT count(*) FROM thing WHERE name >= 'a'"), Cancellation));
    }

    [Fact]
    public async Task Small_values_are_kept_by_name()
    {
        await using (var store = await OpenAsync())
        {
            Assert.Null(await store.FindValueAsync("quakes", "feed", Cancellation));
            await store.SetValueAsync("quakes", "feed", "live", Cancellation);
            await store.SetValueAsync("quakes", "feed", "simulated", Cancellation);
        }

        await using var again = await OpenAsync();
        Assert.Equal("simulated", await again.FindValueAsync("quakes", "feed", Cancellation));
        await again.SetValueAsync("quakes", "feed", null, Cancellation);
        Assert.Null(await again.FindValueAsync("quakes", "feed", Cancellation));
    }

    [Fact]
    public async Task A_read_sees_one_moment_even_while_others_write()
    {
        await using var store = await OpenThingsAsync();
        var (before, after) = await store.ReadAsync(
            async connection =>
            {
                var one = await connection.QuerySingleAsync<int>("SELECT count(*) FROM thing");
                await InsertAsync(store, "meanwhile");
                return (one, await connection.QuerySingleAsync<int>("SELECT count(*) FROM thing"));
            },
            Cancellation);
        Assert.Equal((0, 0), (before, after));
        Assert.Equal(1, await CountAsync(store));
    }

    [Fact]
    public async Task Reading_cannot_write()
    {
        await using var store = await OpenThingsAsync();
        await Assert.ThrowsAsync<TarnException>(() => store.ReadAsync(c => c.ExecuteAsync("INSERT INTO thing(name) VALUES ('x')"), Cancellation));
        Assert.Equal(0, await CountAsync(store));
    }

    /// <summary>Opens the store with the table <c>thing</c>.</summary>
    protected async Task<MetadataStore> OpenThingsAsync()
    {
        var store = await OpenAsync();
        await MigrateThingsAsync(store);
        return store;
    }

    /// <summary>Makes the table <c>thing</c>.</summary>
    protected static Task MigrateThingsAsync(MetadataStore store) => store.MigrateAsync("things", Things, Cancellation);

    /// <summary>Inserts a thing of a unique name.</summary>
    protected static Task<int> InsertAsync(MetadataStore store, string name) =>
        store.WriteAsync((connection, transaction) => InsertAsync(connection, transaction, name), cancellation: Cancellation);

    /// <summary>Inserts a thing of a unique name.</summary>
    protected static Task<int> InsertAsync(DbConnection connection, DbTransaction transaction, string name) =>
        connection.ExecuteAsync("INSERT INTO thing(name) VALUES (@name)", new { name }, transaction);

    /// <summary>How many things there are.</summary>
    protected static Task<int> CountAsync(MetadataStore store) => store.ReadAsync(static c => c.QuerySingleAsync<int>("SELECT count(*) FROM thing"), Cancellation);

    /// <summary>The names of all things, in the order of their ids.</summary>
    protected static async Task<List<string>> NamesAsync(MetadataStore store) =>
        [.. await store.ReadAsync(static c => c.QueryAsync<string>("SELECT name FROM thing ORDER BY id"), Cancellation)];

    /// <summary>Four stores where the store is shared, else one.</summary>
    private async Task<SeveralStores> OpenSeveralAsync()
    {
        var first = await OpenAsync();
        List<MetadataStore> all = [first];
        for (var i = 1; i < 4 && first.IsShared; i++)
        {
            all.Add(await OpenAsync());
        }

        return new SeveralStores(all);
    }

    private sealed record Thing(string Name, long Number, double Ratio, byte[] Bytes);

    private sealed record SeveralStores(IReadOnlyList<MetadataStore> All) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var store in All)
            {
                await store.DisposeAsync();
            }
        }
    }

    /// <summary>Keeps what a handler was told, and lets a test wait for it.</summary>
    protected sealed class Received
    {
        private readonly ConcurrentQueue<string?> _all = [];
        private readonly SemaphoreSlim _more = new(0);

        /// <summary>The handler.</summary>
        public void Add(string? payload)
        {
            _all.Enqueue(payload);
            _more.Release();
        }

        /// <summary>What was told so far, the calls without a payload left out.</summary>
        public IReadOnlyList<string> Payloads => [.. _all.Where(static p => p is not null)!];

        /// <summary>How often signals may have been missed.</summary>
        public int Missed => _all.Count(static p => p is null);

        /// <summary>Waits until a condition holds.</summary>
        public async Task WhenAsync(Func<Received, bool> condition)
        {
            while (!condition(this))
            {
                await _more.WaitAsync(Cancellation);
            }
        }
    }
}
