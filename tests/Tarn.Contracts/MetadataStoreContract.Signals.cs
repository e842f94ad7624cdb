using Tarn.Core;
using Xunit;

namespace Tarn.Contracts;

public abstract partial class MetadataStoreContract
{
    [Fact]
    public async Task A_signal_comes_after_its_commit_and_never_without_it()
    {
        await using var store = await OpenThingsAsync();
        var (received, _) = await ListenAsync(store, "things.new");
        var beforeCommit = -1;
        await store.WriteAsync(
            async (connection, transaction) =>
            {
                await store.SignalAsync(connection, transaction, "things.new", "one");
                await InsertAsync(connection, transaction, "one");
                beforeCommit = received.Payloads.Count;
                return 0;
            },
            cancellation: Cancellation);
        Assert.Equal(0, beforeCommit);
        await Assert.ThrowsAsync<NotSupportedException>(() => store.WriteAsync<int>(
            async (connection, transaction) =>
            {
                await store.SignalAsync(connection, transaction, "things.new", "never");
                throw new NotSupportedException();
            },
            cancellation: Cancellation));
        await SignalAsync(store, "things.other", "not listened to");
        await SignalAsync(store, "things.new", "");
        await SignalAsync(store, "things.new", "größe\nin two lines");
        await received.WhenAsync(static r => r.Payloads.Count >= 3);
        Assert.Equal(["one", "", "größe\nin two lines"], received.Payloads);
    }

    [Fact]
    public async Task Of_writes_that_share_a_commit_only_those_that_succeed_signal()
    {
        await using var store = await OpenThingsAsync();
        var (received, _) = await ListenAsync(store, "things");
        var gate = new TaskCompletionSource();
        store.Intercept = moment => moment == CommitMoment.Before ? gate.Task : Task.CompletedTask;
        var writes = Enumerable.Range(0, 30).Select(i => store.WriteAsync(
            async (connection, transaction) =>
            {
                await store.SignalAsync(connection, transaction, "things", $"{i}");
                return i % 3 == 0 ? throw new NotSupportedException() : await InsertAsync(connection, transaction, $"{i}");
            },
            cancellation: Cancellation)).ToList();
        gate.SetResult();
        await Task.WhenAll(writes.Select(static w => w.ContinueWith(static _ => { }, TaskScheduler.Default)));
        var expected = Enumerable.Range(0, 30).Where(static i => i % 3 != 0).Select(static i => $"{i}").ToList();
        await received.WhenAsync(r => r.Payloads.Count >= expected.Count);
        Assert.Equal(expected, received.Payloads);
        Assert.Equal(expected, await NamesAsync(store));
    }

    [Fact]
    public async Task Every_store_that_listens_is_told_until_it_no_longer_wants_to_be()
    {
        await using var stores = await OpenSeveralAsync();
        var all = new List<(Received Received, IDisposable Registration)>();
        foreach (var store in stores.All)
        {
            all.Add(await ListenAsync(store, "c"));
            all.Add(await ListenAsync(store, "c"));
        }

        all[0].Registration.Dispose();
        foreach (var (store, i) in stores.All.Select(static (s, i) => (s, i)))
        {
            await SignalAsync(store, "c", $"{i}");
        }

        var expected = Enumerable.Range(0, stores.All.Count).Select(static i => $"{i}").ToList();
        foreach (var (received, _) in all.Skip(1))
        {
            await received.WhenAsync(r => r.Payloads.Count >= expected.Count);
            Assert.Equal(expected, received.Payloads);
        }

        Assert.Empty(all[0].Received.Payloads);
    }

    [Fact]
    public async Task A_handler_that_fails_harms_neither_the_write_nor_other_handlers()
    {
        await using var store = await OpenThingsAsync();
        using var failing = store.Listen("c", static _ => throw new NotSupportedException("the handler's own"));
        var (received, _) = await ListenAsync(store, "c");
        await SignalAsync(store, "c", "1");
        await SignalAsync(store, "c", "2");
        await received.WhenAsync(static r => r.Payloads.Count >= 2);
        Assert.Equal(["1", "2"], received.Payloads);
        Assert.Null(store.Fault);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("Upper", 1)]
    [InlineData("with space", 1)]
    [InlineData("good", 7001)]
    public async Task A_signal_that_breaks_a_rule_is_refused(string channel, int length)
    {
        await using var store = await OpenThingsAsync();
        var error = await Assert.ThrowsAsync<TarnException>(() => SignalAsync(store, channel, new string('x', length)));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
    }

    [Fact]
    public async Task The_longest_signal_comes_whole()
    {
        await using var store = await OpenThingsAsync();
        var channel = new string('c', 63);
        var payload = string.Concat(Enumerable.Repeat("ä", 3500));
        var (received, _) = await ListenAsync(store, channel);
        await SignalAsync(store, channel, payload);
        await received.WhenAsync(static r => r.Payloads.Count > 0);
        Assert.Equal(payload, received.Payloads[0]);
    }

    /// <summary>Sends a signal by a write of its own.</summary>
    protected static Task SignalAsync(MetadataStore store, string channel, string payload) => store.WriteAsync(
        async (connection, transaction) =>
        {
            await store.SignalAsync(connection, transaction, channel, payload);
            return 0;
        },
        cancellation: Cancellation);

    /// <summary>Listens, and returns when signals are received: a store that has to connect for it tells when it has.</summary>
    protected static async Task<(Received Received, IDisposable Registration)> ListenAsync(MetadataStore store, string channel)
    {
        // A store that is connected already tells nothing; two signals of its own, one after the other, show that it is.
        var received = new Received();
        var registration = store.Listen(channel, received.Add);
        var ready = new Received();
        using (store.Listen("contract.ready", ready.Add))
        {
            while (ready.Payloads.Count == 0)
            {
                await SignalAsync(store, "contract.ready", "");
                if (store.IsShared)
                {
                    await ready.WhenAsync(static r => r.Payloads.Count > 0 || r.Missed > 0);
                }
            }
        }

        return (received, registration);
    }
}
