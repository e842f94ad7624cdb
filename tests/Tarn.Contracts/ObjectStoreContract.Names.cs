using System.Text;
using Xunit;

namespace Tarn.Contracts;

/// <content>Names of every kind, and listings of them.</content>
public abstract partial class ObjectStoreContract
{
    /// <summary>Names that paths, addresses, query texts, XML and shells each have a meaning for.</summary>
    public static TheoryData<string> OddNames =>
    [
        "a b", " a", "a ", "100%", "a%20b", "a%2Fb", "%", "%25", "a+b", "a=b&c=d", "k=1/l=ü/m=__HIVE_DEFAULT_PARTITION__/f", "ä ö", "日本語", "😀", "～", "a'b", "a\"b", "<a>&amp;</a>", "a#b", "a?b", "a?uploads", "a;b:c,d",
        "~!@$^*()[]{}|`", "...", ".hidden", "..a", "_log", "-", "null", "CON", "a.tmp", "é", "e\u0301", "\u2028", "\u00a0",
    ];

    [Theory]
    [MemberData(nameof(OddNames))]
    public async Task An_odd_name_is_a_name_as_any_other(string name)
    {
        var store = Open();
        var path = $"odd/{name}";
        var content = Encoding.UTF8.GetBytes(name);
        Assert.True(await store.PutIfAbsentAsync(path, content, Cancel));
        Assert.False(await store.PutIfAbsentAsync(path, default, Cancel));
        Assert.Equal(content, await store.GetAsync(path, Cancel));
        Assert.Equal(content, await store.GetRangeAsync(path, 0, 1000, Cancel));
        Assert.Equal(content.Length, (await store.HeadAsync(path, Cancel))?.Size);
        Assert.Equal([path], await ListAsync(store, "odd"));
        Assert.Equal([path], await ListAsync(store, "odd", "odd/"));
        Assert.Empty(await ListAsync(store, "odd", path));
        Assert.Equal(["odd"], await store.ListFoldersAsync("", Cancel));

        // As a folder, too.
        await store.DeleteAsync(path, Cancel);
        Assert.Null(await store.GetAsync(path, Cancel));
        await store.PutAsync(path + "/x", content, Cancel);
        Assert.Equal([name.Split('/')[0]], await store.ListFoldersAsync("odd", Cancel));
        Assert.Equal([path + "/x"], await ListAsync(store, path));
        await store.DeleteAsync(path + "/x", Cancel);
        Assert.Empty(await ListAsync(store, "odd"));
    }

    [Fact]
    public async Task A_long_listing_is_whole_and_starts_anywhere()
    {
        const int count = 1150;
        var store = Open();
        var paths = Enumerable.Range(0, count).Select(static i => $"long/{i % 7}/{i:D5}").Order(StringComparer.Ordinal).ToList();
        await Parallel.ForEachAsync(paths, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel }, async (path, cancel) => await store.PutAsync(path, "1"u8.ToArray(), cancel));
        Assert.Equal(paths, await ListAsync(store, "long"));
        Assert.Equal(paths, await ListAsync(store, ""));
        foreach (var start in new[] { 0, 1, 999, 1000, 1001, count - 2, count - 1 })
        {
            Assert.Equal(paths[(start + 1)..], await ListAsync(store, "long", paths[start]));
        }

        Assert.Equal(paths, await ListAsync(store, "long", "a"));
        Assert.Empty(await ListAsync(store, "long", "longer"));
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6"], await store.ListFoldersAsync("long", Cancel));
    }

    [Fact]
    public async Task Listings_are_in_the_order_of_UTF_8()
    {
        // U+FF5E is before U+1F600, whose first UTF-16 unit (U+D83D) is before U+FF5E.
        var store = Open();
        string[] paths = ["u/A", "u/a", "u/é", "u/日", "u/～", "u/😀"];
        foreach (var path in paths.Reverse())
        {
            await store.PutAsync(path, "1"u8.ToArray(), Cancel);
        }

        Assert.Equal(paths, await ListAsync(store, "u"));
        Assert.Equal(["u/😀"], await ListAsync(store, "u", "u/～"));
        Assert.Empty(await ListAsync(store, "u", "u/😀"));
    }

    [Fact]
    public async Task A_folder_is_not_what_only_starts_like_it()
    {
        var store = Open();
        foreach (var path in new[] { "f/x", "f2/x", "f.x" })
        {
            await store.PutAsync(path, "1"u8.ToArray(), Cancel);
        }

        Assert.Equal(["f/x"], await ListAsync(store, "f"));
        Assert.Empty(await ListAsync(store, "f/x"));
        Assert.Equal(["f", "f2"], await store.ListFoldersAsync("", Cancel));
        Assert.Null(await store.GetAsync("f2", Cancel));
        Assert.Null(await store.HeadAsync("f2", Cancel));
    }
}
