using System.Text;
using Tarn.Core;
using Xunit;

namespace Tarn.Contracts;

/// <content>Whole files, long ones, and what is seen meanwhile.</content>
public abstract partial class ObjectStoreContract
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData((5 << 20) - 1)]
    [InlineData(5 << 20)]
    [InlineData((5 << 20) + 1)]
    [InlineData((17 << 20) + 12345)]
    public async Task A_file_of_any_length_is_taken_in_whole(int length)
    {
        var store = Open();
        using var folder = new TemporaryDirectory();
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        await File.WriteAllBytesAsync(folder.Combine("x"), bytes, Cancel);
        await store.PutAsync("big/x y=1", "before"u8.ToArray(), Cancel);
        await store.PutFileAsync("big/x y=1", folder.Combine("x"), Cancel);
        Assert.False(File.Exists(folder.Combine("x")));
        Assert.Equal(length, (await store.HeadAsync("big/x y=1", Cancel))?.Size);
        var whole = await store.GetAsync("big/x y=1", Cancel);
        Assert.True(bytes.AsSpan().SequenceEqual(whole));
        Assert.Equal(bytes[Math.Max(0, length - 100)..], await store.GetRangeAsync("big/x y=1", Math.Max(0, length - 100), 1000, Cancel));
        Assert.Equal(bytes[(length / 2)..Math.Min(length, (length / 2) + 300_000)], await store.GetRangeAsync("big/x y=1", length / 2, 300_000, Cancel));
        Assert.Empty(await store.ListUnfinishedAsync("", Cancel));
    }

    [Fact]
    public async Task A_local_file_that_is_not_there_is_an_error_and_makes_nothing()
    {
        var store = Open();
        using var folder = new TemporaryDirectory();
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<TarnException>(() => store.PutFileAsync("f/x", folder.Combine("none"), Cancel).AsTask())).Kind);
        Assert.Null(await store.HeadAsync("f/x", Cancel));
        Assert.Empty(await ListAsync(store, "f"));
    }

    [Fact]
    public async Task Who_reads_while_others_write_sees_one_of_the_writes_whole()
    {
        var store = Open();
        var contents = Enumerable.Range(1, 5).Select(static n => Encoding.UTF8.GetBytes(new string((char)('a' + n), n * 70_000))).ToList();
        await store.PutAsync("w/x", contents[0], Cancel);
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(
            async () =>
            {
                var reads = 0;
                for (; !done.IsCancellationRequested || reads == 0; reads++)
                {
                    var seen = await Open().GetAsync("w/x", Cancel);
                    Assert.Contains(contents, c => c.AsSpan().SequenceEqual(seen));
                }
            },
            Cancel)).ToList();
        for (var i = 0; i < 20; i++)
        {
            await store.PutAsync("w/x", contents[i % contents.Count], Cancel);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task What_was_cancelled_before_it_began_does_nothing()
    {
        var store = Open();
        using var folder = new TemporaryDirectory();
        await File.WriteAllTextAsync(folder.Combine("x"), "rows", Cancel);
        var cancelled = new CancellationToken(canceled: true);
        Func<Task>[] calls =
        [
            () => store.GetAsync("c", cancelled).AsTask(), () => store.GetRangeAsync("c", 0, 1, cancelled).AsTask(), () => store.HeadAsync("c", cancelled).AsTask(), () => store.PutAsync("c", default, cancelled).AsTask(),
            () => store.PutIfAbsentAsync("c", default, cancelled).AsTask(), () => store.PutFileAsync("c", folder.Combine("x"), cancelled).AsTask(), () => store.ListFoldersAsync("", cancelled).AsTask(),
        ];
        foreach (var call in calls)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(call);
        }

        Assert.True(File.Exists(folder.Combine("x")));
        Assert.Empty(await ListAsync(store, ""));
    }
}
