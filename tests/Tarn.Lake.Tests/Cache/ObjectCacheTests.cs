using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>What was fetched is fetched once, is never seen in part, outlives the program, and stays within its bound.</summary>
public sealed class ObjectCacheTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Many_who_want_a_file_at_once_fetch_it_once()
    {
        var started = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var files = new RemoteFiles(hold: call => call.Operation == "get-range" ? all.Task : Task.CompletedTask);
        var size = files.WriteWide("t/a", columns: 4, rows: 20_000);
        var lake = files.Open();
        var opening = Enumerable.Range(0, 12).Select(_ => Task.Run(
            async () =>
            {
                Interlocked.Increment(ref started);
                using var local = await lake.Files.OpenAsync("t/a", size, null, Cancel);
                Assert.Equal(files.Content("t/a"), await File.ReadAllBytesAsync(local.Path, Cancel));
            },
            Cancel)).ToList();
        SpinWait.SpinUntil(() => Volatile.Read(ref started) == 12);
        all.SetResult();
        await Task.WhenAll(opening);
        Assert.Equal(size, files.Store.BytesFetched);
    }

    [Fact]
    public async Task What_was_fetched_outlives_the_program()
    {
        await using var files = new RemoteFiles();
        var size = files.WriteWide("t/a", columns: 10, rows: 30_000);
        string path;
        await using (var first = files.Open())
        {
            using var local = await first.Files.OpenAsync("t/a", size, new ColumnSet(["c2"]), Cancel);
            path = local.Path;
        }

        var fetched = files.Store.BytesFetched;
        var second = files.Open();
        using var again = await second.Files.OpenAsync("t/a", size, new ColumnSet(["c2"]), Cancel);
        Assert.Equal((path, fetched), (again.Path, files.Store.BytesFetched));
        Assert.Equal(fetched, second.Cache.Bytes);
        Assert.Equal(files.Truth("t/a", "SELECT sum(c2) FROM @file"), RemoteFiles.Scalar(again.Path, "SELECT sum(c2) FROM @file"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"Key\":\"x\"")]
    [InlineData("\0\0\0\0\0\0")]
    [InlineData("{}")]
    [InlineData("null")]
    public async Task A_file_whose_record_was_lost_counts_as_empty(string record)
    {
        await using var files = new RemoteFiles();
        var size = files.WriteWide("t/a", columns: 4, rows: 30_000);
        await using (var first = files.Open())
        {
            using var local = await first.Files.OpenAsync("t/a", size, null, Cancel);
            await File.WriteAllTextAsync(local.Path + ".json", record, Cancel);
        }

        var second = files.Open();
        using var again = await second.Files.OpenAsync("t/a", size, null, Cancel);
        Assert.Equal(2 * size, files.Store.BytesFetched);
        Assert.Equal(files.Content("t/a"), await File.ReadAllBytesAsync(again.Path, Cancel));
    }

    [Fact]
    public async Task A_file_that_somebody_removed_or_cut_is_fetched_again()
    {
        await using var files = new RemoteFiles();
        var size = files.WriteWide("t/a", columns: 4, rows: 30_000);
        var lake = files.Open();
        string path;
        using (var local = await lake.Files.OpenAsync("t/a", size, null, Cancel))
        {
            path = local.Path;
        }

        File.Delete(path);
        using (await lake.Files.OpenAsync("t/a", size, null, Cancel))
        {
            Assert.Equal(files.Content("t/a"), await File.ReadAllBytesAsync(path, Cancel));
        }

        await File.WriteAllBytesAsync(path, files.Content("t/a")[..100], Cancel);
        using (await lake.Files.OpenAsync("t/a", size, null, Cancel))
        {
            Assert.Equal(files.Content("t/a"), await File.ReadAllBytesAsync(path, Cancel));
        }

        Assert.Equal(size, lake.Cache.Bytes);
    }

    [Fact]
    public async Task The_least_recently_used_go_first_and_none_that_is_in_use()
    {
        await using var files = new RemoteFiles();
        var size = 0L;
        foreach (var name in "abcde")
        {
            size = files.WriteWide($"t/{name}", columns: 4, rows: 30_000);
        }

        var lake = files.Open(cacheBytes: (size * 3) + 1000);
        var pinned = await lake.Files.OpenAsync("t/a", size, null, Cancel);
        await TouchAsync("t/b");
        await TouchAsync("t/c");
        await TouchAsync("t/b");
        var before = files.Store.BytesFetched;
        await TouchAsync("t/d");
        Assert.True(lake.Cache.Bytes <= (size * 3) + 1000);
        await TouchAsync("t/b");
        Assert.Equal(before + size, files.Store.BytesFetched);
        await TouchAsync("t/c");
        Assert.Equal(before + (2 * size), files.Store.BytesFetched);
        Assert.Equal(files.Content("t/a"), await File.ReadAllBytesAsync(pinned.Path, Cancel));
        pinned.Dispose();
        pinned.Dispose();
        Assert.Equal(3 * 2, Directory.GetFiles(Path.GetDirectoryName(pinned.Path)!).Length - 1);

        async Task TouchAsync(string path)
        {
            using var local = await lake.Files.OpenAsync(path, size, null, Cancel);
            Assert.Equal(files.Content(path), await File.ReadAllBytesAsync(local.Path, Cancel));
        }
    }

    [Fact]
    public async Task A_query_over_more_than_the_bound_has_all_it_needs_and_leaves_no_more_than_the_bound()
    {
        await using var files = new RemoteFiles();
        var sizes = "abc".Select(name => ($"t/{name}", files.WriteWide($"t/{name}", columns: 2, rows: 10_000))).ToList();
        var lake = files.Open(cacheBytes: 0);
        using (var locals = await lake.Files.OpenAsync(sizes, null, Cancel))
        {
            Assert.Equal(sizes.Sum(static s => s.Item2), lake.Cache.Bytes);
            Assert.All(sizes.Zip(locals.Paths), pair => Assert.Equal(files.Content(pair.First.Item1), File.ReadAllBytes(pair.Second)));
        }

        Assert.Equal(0, lake.Cache.Bytes);
    }

    [Fact]
    public async Task A_fetch_that_breaks_off_is_an_error_and_goes_on_where_it_was()
    {
        var requests = 0;
        var fail = true;
        await using var files = new RemoteFiles(call => call.Operation == "get-range" && Interlocked.Increment(ref requests) == 3 && fail ? Fault.Before : Fault.None);
        var size = files.WriteWide("t/a", columns: 12, rows: 200_000);
        Assert.True(size > 4 * (4 << 20), "The file has several pieces.");
        var lake = files.Open();
        var error = await Assert.ThrowsAsync<TarnException>(() => lake.Files.OpenAsync("t/a", size, null, Cancel).AsTask());
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        var fetched = files.Store.BytesFetched;
        Assert.InRange(fetched, 1, size - 1);
        fail = false;
        using var local = await lake.Files.OpenAsync("t/a", size, null, Cancel);
        Assert.Equal(files.Content("t/a"), await File.ReadAllBytesAsync(local.Path, Cancel));
        Assert.Equal(size, files.Store.BytesFetched);
    }

    [Fact]
    public async Task Two_programs_on_one_folder_do_not_touch_each_others_files_and_the_next_tidies_up()
    {
        await using var files = new RemoteFiles();
        var size = files.WriteWide("t/a", columns: 4, rows: 30_000);
        string other;
        await using (var one = files.Open())
        {
            await using var two = files.Open();
            using var a = await one.Files.OpenAsync("t/a", size, null, Cancel);
            using var b = await two.Files.OpenAsync("t/a", size, null, Cancel);
            Assert.NotEqual(a.Path, b.Path);
            other = b.Path;
            Assert.Equal(2 * size, files.Store.BytesFetched);
        }

        using var again = await files.Open().Files.OpenAsync("t/a", size, null, Cancel);
        Assert.Equal(2 * size, files.Store.BytesFetched);
        Assert.False(File.Exists(other));
    }

    [Fact]
    public async Task A_missing_file_is_named()
    {
        await using var files = new RemoteFiles();
        var error = await Assert.ThrowsAsync<TarnException>(() => files.Open().Files.OpenAsync("t/none", 100, null, Cancel).AsTask());
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
        Assert.Contains("t/none", error.Message, StringComparison.Ordinal);
    }
}
