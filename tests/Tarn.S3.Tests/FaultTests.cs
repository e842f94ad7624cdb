using System.Text;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.S3.Tests;

/// <summary>Whatever the network does with a request, what the store says of it is so.</summary>
public sealed class FaultTests(MotoServer server) : IAsyncLifetime
{
    private ProxiedStore _stores = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // A busy machine exceeds the limit without any fault: it may do so many times in a row.
    private static readonly S3StoreOptions Impatient = new() { RequestTimeout = TimeSpan.FromMilliseconds(700), Retries = 20 };

    public async ValueTask InitializeAsync() => _stores = await ProxiedStore.StartAsync(server);

    public ValueTask DisposeAsync() => _stores?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory]
    [InlineData(ProxyFault.CutBefore)]
    [InlineData(ProxyFault.CutDuring)]
    [InlineData(ProxyFault.CutAfter)]
    [InlineData(ProxyFault.SlowDown)]
    [InlineData(ProxyFault.ErrorAfter)]
    [InlineData(ProxyFault.Conflict)]
    [InlineData(ProxyFault.Late)]
    [InlineData(ProxyFault.Silent)]
    [InlineData(ProxyFault.Twice)]
    public async Task A_put_that_met_a_fault_knows_that_it_created_the_object(ProxyFault fault)
    {
        var store = _stores.Open(Impatient);

        // A connection that was used before breaks differently from a new one.
        Assert.True(await store.PutIfAbsentAsync("first", "1"u8.ToArray(), Cancel));
        foreach (var content in new[] { "ours", "" })
        {
            var armed = 1;
            _stores.Proxy.Decide = r => r.IsConditional && Interlocked.Exchange(ref armed, 0) == 1 ? fault : ProxyFault.None;
            Assert.True(await store.PutIfAbsentAsync($"log/{content}.json", Encoding.UTF8.GetBytes(content), Cancel));
            Assert.Equal(0, armed);
            Assert.Equal(content, Encoding.UTF8.GetString((await _stores.Direct.GetAsync($"log/{content}.json", Cancel))!));
            Assert.False(await store.PutIfAbsentAsync($"log/{content}.json", "others"u8.ToArray(), Cancel));
        }
    }

    [Theory]
    [InlineData(ProxyFault.CutBefore)]
    [InlineData(ProxyFault.CutDuring)]
    [InlineData(ProxyFault.CutAfter)]
    [InlineData(ProxyFault.SlowDown)]
    [InlineData(ProxyFault.ErrorAfter)]
    [InlineData(ProxyFault.Conflict)]
    [InlineData(ProxyFault.Twice)]
    public async Task A_put_that_met_a_fault_knows_that_another_created_the_object(ProxyFault fault)
    {
        var store = _stores.Open();
        await _stores.Direct.PutIfAbsentAsync("log/1.json", "same"u8.ToArray(), Cancel);
        var armed = 1;
        _stores.Proxy.Decide = r => r.IsConditional && Interlocked.Exchange(ref armed, 0) == 1 ? fault : ProxyFault.None;

        // Even the same content is another's.
        Assert.False(await store.PutIfAbsentAsync("log/1.json", "same"u8.ToArray(), Cancel));
        Assert.Equal(0, armed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Of_racing_writers_exactly_one_wins_each_name_whatever_fails(int seed)
    {
        const int writers = 6;
        const int names = 25;
        var random = new Random(seed);
        ProxyFault[] faults = [ProxyFault.CutBefore, ProxyFault.CutDuring, ProxyFault.CutAfter, ProxyFault.SlowDown, ProxyFault.ErrorAfter, ProxyFault.Conflict, ProxyFault.Twice];
        _stores.Proxy.Decide = r =>
        {
            lock (random)
            {
                var fault = random.Next(4) == 0 ? faults[random.Next(faults.Length)] : ProxyFault.None;
                return fault == ProxyFault.Conflict && !r.IsConditional ? ProxyFault.None : fault;
            }
        };
        var wins = new int[names];
        var owner = new string[names];
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(
            async () =>
            {
                var store = _stores.Open(new S3StoreOptions { Retries = 20 });
                for (var i = 0; i < names; i++)
                {
                    if (await store.PutIfAbsentAsync($"race/{i:D3}", Encoding.UTF8.GetBytes($"writer {writer}"), Cancel))
                    {
                        Interlocked.Increment(ref wins[i]);
                        owner[i] = $"writer {writer}";
                    }
                }
            },
            Cancel)));
        Assert.True(wins.All(static w => w == 1), $"seed {seed}: {string.Join(' ', wins)}");
        for (var i = 0; i < names; i++)
        {
            Assert.Equal(owner[i], Encoding.UTF8.GetString((await _stores.Direct.GetAsync($"race/{i:D3}", Cancel))!));
        }

        Assert.True(_stores.Proxy.Faults > names, $"{_stores.Proxy.Faults} faults");
    }

    [Theory]
    [InlineData(ProxyFault.CutBefore)]
    [InlineData(ProxyFault.CutAfter)]
    [InlineData(ProxyFault.CutAnswer)]
    [InlineData(ProxyFault.SlowDown)]
    [InlineData(ProxyFault.ErrorAfter)]
    [InlineData(ProxyFault.Silent)]
    public async Task What_may_be_repeated_is_repeated_until_it_succeeds(ProxyFault fault)
    {
        var bytes = new byte[200_000];
        new Random(1).NextBytes(bytes);
        var store = _stores.Open(Impatient);
        using var folder = new TemporaryDirectory();
        await File.WriteAllBytesAsync(folder.Combine("x"), bytes, Cancel);
        var seen = new HashSet<(string, string)>();
        _stores.Proxy.Decide = r =>
        {
            // The first of each kind of request fails.
            lock (seen)
            {
                return seen.Add((r.Method, r.Target)) && (fault != ProxyFault.CutAnswer || r.Method == "GET") ? fault : ProxyFault.None;
            }
        };
        await store.PutAsync("a/x", bytes, Cancel);
        await store.PutFileAsync("a/y", folder.Combine("x"), Cancel);
        Assert.Equal(bytes, await store.GetAsync("a/x", Cancel));
        Assert.Equal(bytes[1000..51000], await store.GetRangeAsync("a/y", 1000, 50000, Cancel));
        Assert.Equal(bytes.Length, (await store.HeadAsync("a/x", Cancel))?.Size);
        Assert.Equal(["a/x", "a/y"], (await store.ListAsync("a", null, Cancel).ToListAsync(Cancel)).Select(static i => i.Path));
        Assert.Equal(["a"], await store.ListFoldersAsync("", Cancel));
        await store.DeleteAsync("a/x", Cancel);
        Assert.Null(await _stores.Direct.GetAsync("a/x", Cancel));
        Assert.True(_stores.Proxy.Faults >= 3);
    }

    [Fact]
    public async Task An_upload_in_parts_that_breaks_leaves_nothing_to_see()
    {
        var store = _stores.Open(new S3StoreOptions { PartBytes = 5 << 20, Retries = 1 });
        using var folder = new TemporaryDirectory();
        await File.WriteAllBytesAsync(folder.Combine("x"), new byte[13 << 20], Cancel);
        _stores.Proxy.Decide = static r => r.Target.Contains("partNumber=3", StringComparison.Ordinal) ? ProxyFault.CutDuring : ProxyFault.None;
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<TarnException>(() => store.PutFileAsync("p/x", folder.Combine("x"), Cancel).AsTask())).Kind);
        Assert.True(File.Exists(folder.Combine("x")));
        Assert.Null(await _stores.Direct.GetAsync("p/x", Cancel));
        Assert.Empty(await _stores.Direct.ListAsync("", null, Cancel).ToListAsync(Cancel));
        Assert.Empty(await _stores.Direct.ListUnfinishedAsync("", Cancel));

        // Where not even giving up gets through, it is listed as unfinished, and can be removed.
        _stores.Proxy.Decide = static r => r.Target.Contains("partNumber=3", StringComparison.Ordinal) || r.Method == "DELETE" ? ProxyFault.CutBefore : ProxyFault.None;
        await Assert.ThrowsAsync<TarnException>(() => store.PutFileAsync("p/x", folder.Combine("x"), Cancel).AsTask());
        var unfinished = Assert.Single(await _stores.Direct.ListUnfinishedAsync("p", Cancel));
        Assert.StartsWith("p/x?uploadId=", unfinished.Path, StringComparison.Ordinal);
        Assert.InRange(unfinished.Size, 0, 13 << 20);
        Assert.Empty(await _stores.Direct.ListUnfinishedAsync("q", Cancel));
        await _stores.Direct.DeleteAsync(unfinished.Path, Cancel);
        await _stores.Direct.DeleteAsync(unfinished.Path, Cancel);
        Assert.Empty(await _stores.Direct.ListUnfinishedAsync("", Cancel));
        Assert.Null(await _stores.Direct.HeadAsync("p/x", Cancel));
    }

    [Theory]
    [InlineData("POST", "uploads", ProxyFault.SlowDown)]
    [InlineData("PUT", "partNumber=2", ProxyFault.CutAfter)]
    [InlineData("PUT", "partNumber=1", ProxyFault.CutDuring)]
    [InlineData("POST", "uploadId=", ProxyFault.CutAfter)]
    [InlineData("POST", "uploadId=", ProxyFault.ErrorAfter)]
    public async Task An_upload_in_parts_gets_through_passing_faults(string method, string part, ProxyFault fault)
    {
        var store = _stores.Open(new S3StoreOptions { PartBytes = 5 << 20 });
        using var folder = new TemporaryDirectory();
        var bytes = new byte[11 << 20];
        new Random(5).NextBytes(bytes);
        await File.WriteAllBytesAsync(folder.Combine("x"), bytes, Cancel);
        var armed = 1;
        _stores.Proxy.Decide = r => r.Method == method && r.Target.Contains(part, StringComparison.Ordinal) && Interlocked.Exchange(ref armed, 0) == 1 ? fault : ProxyFault.None;
        await store.PutFileAsync("p/x", folder.Combine("x"), Cancel);
        Assert.Equal(0, armed);
        var whole = await _stores.Direct.GetAsync("p/x", Cancel);
        Assert.True(bytes.AsSpan().SequenceEqual(whole));
        Assert.Empty(await _stores.Direct.ListUnfinishedAsync("", Cancel));
    }

    [Fact]
    public async Task A_put_that_never_gets_an_answer_fails_and_says_that_its_outcome_is_open()
    {
        var store = _stores.Open(new S3StoreOptions { Retries = 2 });
        _stores.Proxy.Decide = static r => r.IsConditional ? ProxyFault.CutAfter : ProxyFault.None;

        // The first try took effect; the others were refused, and their refusals did not arrive.
        var error = await Assert.ThrowsAsync<TarnException>(() => store.PutIfAbsentAsync("log/1.json", "x"u8.ToArray(), Cancel).AsTask());
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Equal(3, _stores.Proxy.Requests.Count(static r => r.Request.IsConditional));
        Assert.Equal("x"u8.ToArray(), await _stores.Direct.GetAsync("log/1.json", Cancel));
    }
}
