using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>A faulty store without faults keeps the contract: what tests do with it is the faults' doing alone. And each fault is what it says.</summary>
public sealed class FaultyObjectStoreTests : ObjectStoreContract, IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Fault.Before, false, false, 0)]
    [InlineData(Fault.After, true, true, 0)]
    [InlineData(Fault.Late, false, true, 0)]
    [InlineData(Fault.Torn, false, false, 1)]
    public async Task A_fault_is_what_it_says(Fault fault, bool atOnce, bool later, int unfinished)
    {
        var inner = new LocalObjectStore(_folder.Path);
        Func<FaultyObjectStore, string, Task>[] writes =
        [
            static (s, p) => s.PutIfAbsentAsync(p, "content"u8.ToArray(), Cancel).AsTask(), static (s, p) => s.PutAsync(p, "content"u8.ToArray(), Cancel).AsTask(), (s, p) =>
            {
                File.WriteAllText(_folder.Combine(".taken.tmp"), "content");
                return s.PutFileAsync(p, _folder.Combine(".taken.tmp"), Cancel).AsTask();
            },
        ];
        for (var i = 0; i < writes.Length; i++)
        {
            var path = $"a{i}/x";
            var armed = true;
            var store = new FaultyObjectStore(inner, call => call.Path == path && armed ? fault : Fault.None);
            Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<TarnException>(() => writes[i](store, path))).Kind);
            armed = false;
            Assert.Equal(atOnce, await inner.GetAsync(path, Cancel) is not null);
            await store.HeadAsync("other", Cancel);
            Assert.Equal(atOnce, await inner.GetAsync(path, Cancel) is not null);
            await store.HeadAsync("other", Cancel);
            Assert.Equal(later ? "content"u8.ToArray() : null, await inner.GetAsync(path, Cancel));
            Assert.Equal(unfinished, (await inner.ListUnfinishedAsync($"a{i}", Cancel)).Count);
            Assert.Equal(later ? 1 : 0, (await inner.ListAsync($"a{i}", null, Cancel).ToListAsync(Cancel)).Count);
            Assert.Equal(1, store.Faults);
        }
    }

    [Fact]
    public async Task A_listing_that_lags_shows_all_but_the_latest()
    {
        var store = new FaultyObjectStore(new LocalObjectStore(_folder.Path), static _ => Fault.None) { ListingLag = 2 };
        for (var i = 0; i < 5; i++)
        {
            await store.PutAsync($"l/{i}", default, Cancel);
        }

        Assert.Equal(["l/0", "l/1", "l/2"], (await store.ListAsync("l", null, Cancel).ToListAsync(Cancel)).Select(static i => i.Path));
        Assert.NotNull(await store.GetAsync("l/4", Cancel));
    }

    protected override ObjectStore Open() => new FaultyObjectStore(new LocalObjectStore(_folder.Path), static _ => Fault.None);
}
