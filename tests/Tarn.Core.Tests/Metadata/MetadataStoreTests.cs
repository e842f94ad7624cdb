using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Core.Tests;

public sealed class MetadataStoreTests : IDisposable
{
    private static readonly string[] Things = ["CREATE TABLE thing(id INTEGER PRIMARY KEY, name TEXT UNIQUE)"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Each_script_of_a_component_runs_once()
    {
        string[] more = [.. Things, "INSERT INTO thing(name) VALUES ('made by the second script'); CREATE INDEX thing_name ON thing(name, id)"];
        await using (var store = Open())
        {
            await store.MigrateAsync("things", Things, Token);
            await store.MigrateAsync("things", more, Token);
            await store.MigrateAsync("other", ["CREATE TABLE other(id INTEGER)"], Token);
        }

        await using var again = Open();
        await again.MigrateAsync("things", more, Token);
        Assert.Equal(1, await CountAsync(again));
    }

    [Fact]
    public async Task A_store_of_a_newer_version_and_a_changed_script_are_refused()
    {
        await using var store = Open();
        await store.MigrateAsync("things", [.. Things, "CREATE TABLE more(id INTEGER)"], Token);
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => store.MigrateAsync("things", Things, Token))).Kind);
        Assert.Contains("never changed", (await Assert.ThrowsAsync<TarnException>(() => store.MigrateAsync("things", ["CREATE TABLE thing(id TEXT)", "x"], Token))).Message);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_behind()
    {
        await using var store = Open();
        await Assert.ThrowsAnyAsync<Exception>(() => store.MigrateAsync("things", [.. Things, "no SQL at all"], Token));
        await store.MigrateAsync("things", Things, Token);
    }

    [Fact]
    public async Task A_write_takes_effect_as_a_whole_or_not_at_all()
    {
        await using var store = await OpenThingsAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.WriteAsync<int>(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync("INSERT INTO thing(name) VALUES ('half')", transaction: transaction);
                throw new InvalidOperationException("the caller's own");
            },
            cancellation: Token));
        Assert.Equal(0, await CountAsync(store));
    }

    [Fact]
    public async Task Writes_that_share_a_commit_succeed_and_fail_each_on_its_own()
    {
        await using var store = await OpenThingsAsync();
        var commits = 0;
        var gate = new TaskCompletionSource();
        store.Intercept = moment =>
        {
            if (moment == CommitMoment.Before)
            {
                commits++;
                return gate.Task;
            }

            return Task.CompletedTask;
        };
        var first = InsertAsync(store, "first");
        var rest = Enumerable.Range(0, 100).Select(i => InsertAsync(store, $"{i % 50}")).ToList();
        gate.SetResult();
        await first;
        await Task.WhenAll(rest.Select(static t => t.ContinueWith(static _ => { }, TaskScheduler.Default)));

        Assert.Equal(2, commits);
        Assert.Equal(50, rest.Count(static t => t.IsCompletedSuccessfully));
        Assert.All(rest.Where(static t => t.IsFaulted), static t => Assert.IsType<Microsoft.Data.Sqlite.SqliteException>(t.Exception!.InnerException));
        Assert.Equal(51, await CountAsync(store));
    }

    [Fact]
    public async Task Writes_from_many_threads_all_arrive()
    {
        await using var store = await OpenThingsAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(t => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                await InsertAsync(store, $"{t}/{i}");
                await CountAsync(store);
            }
        })));
        Assert.Equal(400, await CountAsync(store));
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
            Token);
        Assert.Equal((0, 0), (before, after));
        Assert.Equal(1, await CountAsync(store));
    }

    [Fact]
    public async Task A_write_inside_a_write_is_refused_rather_than_waited_for()
    {
        await using var store = await OpenThingsAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.WriteAsync((_, _) => InsertAsync(store, "inner"), cancellation: Token));
        await InsertAsync(store, "after");
        Assert.Equal(1, await CountAsync(store));
    }

    [Fact]
    public async Task Reading_cannot_write()
    {
        await using var store = await OpenThingsAsync();
        await Assert.ThrowsAsync<TarnException>(() => store.ReadAsync(c => c.ExecuteAsync("INSERT INTO thing(name) VALUES ('x')"), Token));
        Assert.Equal(0, await CountAsync(store));
    }

    [Fact]
    public async Task A_full_disk_is_told_and_the_store_works_again_when_there_is_space()
    {
        await using var store = await OpenThingsAsync();
        await InsertAsync(store, "before");
        var error = await Assert.ThrowsAsync<TarnException>(() => store.WriteAsync(
            async (connection, transaction) =>
            {
                var pages = await connection.QuerySingleAsync<int>("PRAGMA page_count", transaction: transaction);
                await connection.ExecuteAsync($"PRAGMA max_page_count = {pages}", transaction: transaction);
                return await connection.ExecuteAsync("INSERT INTO thing(name) VALUES (hex(randomblob(200000)))", transaction: transaction);
            },
            cancellation: Token));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("disk is full", error.Message);
        Assert.Same(error, store.Fault);
        await InsertAsync(store, "after");
        Assert.Null(store.Fault);
        Assert.Equal(2, await CountAsync(store));
    }

    [Fact]
    public async Task A_really_full_file_system_is_told_and_nothing_that_was_written_is_lost()
    {
        var mount = _directory.Combine("small");
        Directory.CreateDirectory(mount);
        if (!OperatingSystem.IsLinux() || !await RunAsync("mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", mount))
        {
            Assert.Skip("A small file system can be mounted only by root on Linux.");
        }

        try
        {
            await using var store = MetadataStore.Open(Path.Combine(mount, "meta.db"), TimeProvider.System, NullLoggerFactory.Instance);
            await store.MigrateAsync("things", Things, Token);
            var ballast = Path.Combine(mount, "ballast");
            await File.WriteAllBytesAsync(ballast, new byte[200_000], Token);
            var written = 0;
            var error = await Assert.ThrowsAsync<TarnException>(async () =>
            {
                for (; written < 10_000; written++)
                {
                    await InsertAsync(store, new string('x', 2000) + written);
                }
            });
            Assert.Equal(ErrorKind.Unavailable, error.Kind);
            Assert.Equal(written, await CountAsync(store));
            File.Delete(ballast);
            await InsertAsync(store, "after");
            Assert.Equal(written + 1, await CountAsync(store));
        }
        finally
        {
            await RunAsync("umount", mount);
        }
    }

    [Fact]
    public void A_file_that_is_no_database_and_a_folder_that_is_not_there_are_told()
    {
        File.WriteAllText(_directory.Combine("bad.db"), new string('x', 5000));
        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<TarnException>(() => MetadataStore.Open(_directory.Combine("bad.db"), TimeProvider.System, NullLoggerFactory.Instance)).Kind);
        var error = Assert.Throws<TarnException>(() => MetadataStore.Open(_directory.Combine("none", "meta.db"), TimeProvider.System, NullLoggerFactory.Instance));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("meta.db", error.Value);
    }

    [Fact]
    public async Task Small_values_are_kept_by_name()
    {
        await using (var store = Open())
        {
            Assert.Null(await store.FindValueAsync("quakes", "feed", Token));
            await store.SetValueAsync("quakes", "feed", "live", Token);
            await store.SetValueAsync("quakes", "feed", "simulated", Token);
        }

        await using var again = Open();
        Assert.Equal("simulated", await again.FindValueAsync("quakes", "feed", Token));
        await again.SetValueAsync("quakes", "feed", null, Token);
        Assert.Null(await again.FindValueAsync("quakes", "feed", Token));
    }

    [Fact]
    public void Instants_keep_their_microseconds()
    {
        var instant = new DateTimeOffset(2026, 3, 2, 10, 2, 0, 123, 456, TimeSpan.FromHours(2));
        Assert.Equal(instant, Instant.FromMicroseconds(Instant.ToMicroseconds(instant)));
        Assert.Equal(TimeSpan.Zero, Instant.Truncate(instant).Offset);
        Assert.Equal(instant, Instant.Truncate(instant.AddTicks(9)));
        Assert.Equal(-1, Instant.ToMicroseconds(DateTimeOffset.UnixEpoch.AddMicroseconds(-1)));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Task<int> InsertAsync(MetadataStore store, string name) => store.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync("INSERT INTO thing(name) VALUES (@name)", new { name }, transaction), cancellation: Token);

    private static Task<int> CountAsync(MetadataStore store) => store.ReadAsync(static c => c.QuerySingleAsync<int>("SELECT count(*) FROM thing"), Token);

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            await process.WaitForExitAsync(CancellationToken.None);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private MetadataStore Open() => MetadataStore.Open(_directory.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance);

    private async Task<MetadataStore> OpenThingsAsync()
    {
        var store = Open();
        await store.MigrateAsync("things", Things, Token);
        return store;
    }
}
