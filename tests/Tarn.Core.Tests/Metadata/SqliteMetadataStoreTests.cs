using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Core.Tests;

/// <summary>What is SQLite's own; the rest is the contract.</summary>
public sealed class SqliteMetadataStoreTests : MetadataStoreContract, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

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
            cancellation: Cancellation));
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
            await MigrateThingsAsync(store);
            var ballast = Path.Combine(mount, "ballast");
            await File.WriteAllBytesAsync(ballast, new byte[200_000], Cancellation);
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
    public async Task The_log_begins_anew_a_moment_after_it_came_to_its_mark_and_not_within_a_commit()
    {
        var time = new ManualTimeProvider();
        await using var store = MetadataStore.Open(_directory.Combine("meta.db"), time, NullLoggerFactory.Instance);
        await MigrateThingsAsync(store);
        await FillAsync(store, pages: 1_100);
        Assert.InRange(Pages("meta.db-wal"), 1_100, 1_500);
        Assert.InRange(Pages("meta.db"), 0, 100);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(Pages("meta.db"), 1_100, 1_500);
        await FillAsync(store, pages: 500);
        Assert.InRange(Pages("meta.db-wal"), 1_100, 1_500);
        await FillAsync(store, pages: 600);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(Pages("meta.db"), 2_200, 2_700);
    }

    [Fact]
    public async Task A_log_that_is_written_without_a_pause_has_an_end()
    {
        await using var store = MetadataStore.Open(_directory.Combine("meta.db"), new ManualTimeProvider(), NullLoggerFactory.Instance);
        await MigrateThingsAsync(store);
        for (var i = 0; i < 20; i++)
        {
            await FillAsync(store, pages: 1_000);
        }

        Assert.InRange(Pages("meta.db-wal"), 1_000, 10_000);
        Assert.InRange(Pages("meta.db"), 8_000, 25_000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_log_that_is_carried_over_while_it_is_written_begins_anew_when_no_reader_is_in_it(bool hasReaders)
    {
        var time = new ManualTimeProvider();
        await using var store = MetadataStore.Open(_directory.Combine("meta.db"), time, NullLoggerFactory.Instance);
        await MigrateThingsAsync(store);
        var (ends, reader) = (new TaskCompletionSource(), Task.CompletedTask);
        for (var i = 0; i < 30; i++)
        {
            if (hasReaders)
            {
                // The next reader is there before the last one goes.
                var (last, lastReader) = (ends, reader);
                ends = new TaskCompletionSource();
                reader = await BeginReadAsync(ends.Task);
                last.SetResult();
                await lastReader;
            }

            // What is committed at its end, no checkpoint within it has carried over.
            await store.WriteAsync(async (connection, transaction) =>
            {
                await connection.ExecuteAsync("INSERT INTO thing(name) VALUES (hex(randomblob(@bytes)))", new { bytes = 600 * 1_023 }, transaction);
                time.Advance(TimeSpan.FromSeconds(1));
                return true;
            }, cancellation: Cancellation);
        }

        Assert.InRange(Pages("meta.db-wal"), 4_000, hasReaders ? 20_000 : 9_500);
        Assert.InRange(Pages("meta.db"), 8_000, 25_000);
        ends.SetResult();
        await reader;
        await InsertAsync(store, "one");
        await InsertAsync(store, "two");
        var before = Pages("meta.db-wal");
        await FillAsync(store, pages: 1_500);
        Assert.InRange(Pages("meta.db-wal"), 1_500, before);

        async Task<Task> BeginReadAsync(Task end)
        {
            var begun = new TaskCompletionSource();
            var reading = store.ReadAsync(async connection =>
            {
                await connection.QuerySingleAsync<int>("SELECT count(*) FROM thing");
                begun.SetResult();
                await end;
                return true;
            }, Cancellation);
            await begun.Task;
            return reading;
        }
    }

    [Fact]
    public async Task The_log_of_a_process_that_was_killed_counts()
    {
        await using (var killed = MetadataStore.Open(_directory.Combine("meta.db"), new ManualTimeProvider(), NullLoggerFactory.Instance))
        {
            await MigrateThingsAsync(killed);
            await FillAsync(killed, pages: 900);
            File.Copy(_directory.Combine("meta.db"), _directory.Combine("left.db"));
            File.Copy(_directory.Combine("meta.db-wal"), _directory.Combine("left.db-wal"));
        }

        var time = new ManualTimeProvider();
        await using var store = MetadataStore.Open(_directory.Combine("left.db"), time, NullLoggerFactory.Instance);
        Assert.InRange(Pages("left.db"), 0, 100);
        await FillAsync(store, pages: 150);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(Pages("left.db"), 1_000, 1_500);
    }

    [Fact]
    public async Task A_reader_that_stays_keeps_the_log_and_its_end_lets_it_begin_anew()
    {
        var time = new ManualTimeProvider();
        await using var store = MetadataStore.Open(_directory.Combine("meta.db"), time, NullLoggerFactory.Instance);
        await MigrateThingsAsync(store);
        await InsertAsync(store, "before");
        await store.ReadAsync(async connection =>
        {
            Assert.Equal(1, await connection.QuerySingleAsync<int>("SELECT count(*) FROM thing"));
            await FillAsync(store, pages: 1_100);
            time.Advance(TimeSpan.FromSeconds(1));
            await FillAsync(store, pages: 1_100);
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(1, await connection.QuerySingleAsync<int>("SELECT count(*) FROM thing"));
            return true;
        }, Cancellation);
        Assert.InRange(Pages("meta.db-wal"), 2_200, 3_000);
        await InsertAsync(store, "after");
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(Pages("meta.db"), 2_200, 3_000);
        await FillAsync(store, pages: 1_100);
        Assert.InRange(Pages("meta.db-wal"), 2_200, 3_000);
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

    protected override Task<MetadataStore> OpenAsync() => Task.FromResult(MetadataStore.Open(_directory.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance));

    private int Pages(string file) => (int)(new FileInfo(_directory.Combine(file)).Length / 4096);

    /// <summary>Writes about so many pages, in one commit.</summary>
    private static Task<int> FillAsync(MetadataStore store, int pages) => store.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync("INSERT INTO thing(name) VALUES (hex(randomblob(@bytes)))", new { bytes = pages * 1_023 }, transaction), cancellation: Cancellation);

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
}
