using System.Text;
using Tarn.Core;
using Tarn.Lake;
using Xunit;

namespace Tarn.Contracts;

/// <summary>What every object store does. A store's tests derive from this class and say how to open an empty store.</summary>
public abstract partial class ObjectStoreContract
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>An empty store; the second call of one test gives another view of the same one, as another process would have.</summary>
    protected abstract ObjectStore Open();

    [Fact]
    public async Task What_is_put_is_got_whole()
    {
        var store = Open();
        var bytes = new byte[300_000];
        new Random(1).NextBytes(bytes);
        await store.PutAsync("a/b/c.bin", bytes, Cancel);
        Assert.Equal(bytes, await store.GetAsync("a/b/c.bin", Cancel));
        Assert.Equal(bytes, await Open().GetAsync("a/b/c.bin", Cancel));
        await store.PutAsync("a/b/c.bin", "short"u8.ToArray(), Cancel);
        Assert.Equal("short"u8.ToArray(), await store.GetAsync("a/b/c.bin", Cancel));
    }

    [Fact]
    public async Task Nothing_is_null()
    {
        var store = Open();
        Assert.Null(await store.GetAsync("a/none", Cancel));
        Assert.Null(await store.HeadAsync("a/none", Cancel));
        await store.DeleteAsync("a/none", Cancel);
        var error = await Assert.ThrowsAsync<TarnException>(() => store.GetRangeAsync("a/none", 0, 1, Cancel).AsTask());
        Assert.Equal(ErrorKind.NotFound, error.Kind);
        Assert.Empty(await ListAsync(store, "a"));
        Assert.Empty(await store.ListFoldersAsync("a", Cancel));
    }

    [Fact]
    public async Task An_empty_object_is_not_an_absent_one()
    {
        var store = Open();
        Assert.True(await store.PutIfAbsentAsync("empty", ReadOnlyMemory<byte>.Empty, Cancel));
        Assert.False(await store.PutIfAbsentAsync("empty", "x"u8.ToArray(), Cancel));
        Assert.Empty(Assert.IsType<byte[]>(await store.GetAsync("empty", Cancel)));
    }

    [Theory]
    [InlineData(0, 3, "abc")]
    [InlineData(2, 3, "cde")]
    [InlineData(4, 100, "ef")]
    [InlineData(6, 1, "")]
    [InlineData(100, 1, "")]
    [InlineData(1, 0, "")]
    public async Task A_range_ends_with_the_object(long offset, int length, string expected)
    {
        var store = Open();
        await store.PutAsync("r", "abcdef"u8.ToArray(), Cancel);
        Assert.Equal(expected, Encoding.UTF8.GetString(await store.GetRangeAsync("r", offset, length, Cancel)));
    }

    [Fact]
    public async Task A_negative_range_is_refused()
    {
        var store = Open();
        await store.PutAsync("r", "abcdef"u8.ToArray(), Cancel);
        foreach (var (offset, length) in new[] { (-1L, 1), (0L, -1) })
        {
            var error = await Assert.ThrowsAsync<TarnException>(() => store.GetRangeAsync("r", offset, length, Cancel).AsTask());
            Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        }
    }

    [Fact]
    public async Task Head_tells_size_and_time()
    {
        var store = Open();
        await store.PutAsync("h/x", "abcdef"u8.ToArray(), Cancel);
        var info = Assert.NotNull(await store.HeadAsync("h/x", Cancel));
        Assert.Equal(("h/x", 6), (info.Path, info.Size));
        Assert.InRange(info.LastModified, DateTimeOffset.UnixEpoch.AddYears(40), DateTimeOffset.UnixEpoch.AddYears(400));
    }

    [Fact]
    public async Task Put_if_absent_creates_once_and_leaves_what_is_there()
    {
        var store = Open();
        Assert.True(await store.PutIfAbsentAsync("log/0.json", "first"u8.ToArray(), Cancel));
        Assert.False(await store.PutIfAbsentAsync("log/0.json", "second"u8.ToArray(), Cancel));
        Assert.Equal("first"u8.ToArray(), await store.GetAsync("log/0.json", Cancel));
        await store.DeleteAsync("log/0.json", Cancel);
        Assert.True(await store.PutIfAbsentAsync("log/0.json", "third"u8.ToArray(), Cancel));
    }

    [Fact]
    public async Task Of_racing_writers_exactly_one_wins_each_name()
    {
        const int writers = 16;
        const int names = 40;
        var wins = new int[names];
        var owner = new int[names];
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(
            async () =>
            {
                var store = Open();
                for (var i = 0; i < names; i++)
                {
                    if (await store.PutIfAbsentAsync($"race/{i:D3}", Encoding.UTF8.GetBytes($"writer {writer}"), Cancel))
                    {
                        Interlocked.Increment(ref wins[i]);
                        owner[i] = writer;
                    }
                }
            },
            Cancel)));
        Assert.All(wins, static count => Assert.Equal(1, count));
        for (var i = 0; i < names; i++)
        {
            Assert.Equal($"writer {owner[i]}", Encoding.UTF8.GetString((await Open().GetAsync($"race/{i:D3}", Cancel))!));
        }

        Assert.Equal(names, (await ListAsync(Open(), "race")).Count);
        Assert.Empty(await Open().ListUnfinishedAsync("race", Cancel));
    }

    [Fact]
    public async Task Listing_is_in_ordinal_order_at_any_depth_and_starts_after()
    {
        var store = Open();
        string[] paths = ["t/b", "t/a/z", "t/a.x", "t/a/y", "t/B", "t/ä", "t/_log/00000000000000000010.json", "t/_log/00000000000000000009.json", "tt/no", "t/a b%20"];
        foreach (var path in paths)
        {
            await store.PutAsync(path, "1"u8.ToArray(), Cancel);
        }

        var expected = paths.Where(static p => p.StartsWith("t/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(expected, await ListAsync(store, "t"));
        Assert.Equal(["t/_log/00000000000000000010.json"], await ListAsync(store, "t/_log", "t/_log/00000000000000000009.json"));
        Assert.Equal(["t/_log/00000000000000000010.json"], await ListAsync(store, "t/_log", "t/_log/00000000000000000010"));
        Assert.Equal(["_log", "a"], await store.ListFoldersAsync("t", Cancel));
        Assert.Equal(["t", "tt"], await store.ListFoldersAsync("", Cancel));
    }

    [Fact]
    public async Task What_is_deleted_is_gone_from_everywhere()
    {
        var store = Open();
        await store.PutAsync("d/x", "1"u8.ToArray(), Cancel);
        await store.DeleteAsync("d/x", Cancel);
        Assert.Null(await store.GetAsync("d/x", Cancel));
        Assert.Empty(await ListAsync(store, "d"));
    }

    [Fact]
    public async Task A_local_file_is_taken_in()
    {
        var store = Open();
        using var folder = new TemporaryDirectory();
        await File.WriteAllTextAsync(folder.Combine("x.parquet"), "rows", Cancel);
        await store.PutFileAsync("f/x.parquet", folder.Combine("x.parquet"), Cancel);
        Assert.Equal("rows"u8.ToArray(), await store.GetAsync("f/x.parquet", Cancel));
        Assert.False(File.Exists(folder.Combine("x.parquet")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("a/./x")]
    [InlineData("a//x")]
    [InlineData("a/")]
    [InlineData("a\\..\\x")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    public async Task A_hostile_path_is_refused_everywhere(string path)
    {
        var store = Open();
        Func<Task>[] calls =
        [
            () => store.GetAsync(path, Cancel).AsTask(), () => store.GetRangeAsync(path, 0, 1, Cancel).AsTask(), () => store.HeadAsync(path, Cancel).AsTask(),
            () => store.PutAsync(path, default, Cancel).AsTask(), () => store.PutIfAbsentAsync(path, default, Cancel).AsTask(), () => store.DeleteAsync(path, Cancel).AsTask(),
        ];
        foreach (var call in calls)
        {
            Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(call)).Kind);
        }
    }

    private static async Task<List<string>> ListAsync(ObjectStore store, string folder, string? startAfter = null)
    {
        var paths = new List<string>();
        await foreach (var item in store.ListAsync(folder, startAfter, Cancel))
        {
            paths.Add(item.Path);
        }

        return paths;
    }
}
