using Tarn.Core;
using Xunit;

namespace Tarn.Contracts;

public abstract partial class AlertDeliveryContract
{
    [Fact]
    public async Task An_alert_goes_to_its_channels_and_its_state_is_kept()
    {
        var (a, b) = (new ScriptedChannel("a"), new ScriptedChannel("b"));
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, a, b);
        var id = await world.FailAsync("orders", null, "a");
        Assert.Equal("waiting", Assert.Single((await world.ListAsync())[0].Deliveries).State);
        await world.DeliverAsync("a");
        await world.DeliverAsync("b");

        var message = Assert.Single(a.Messages);
        Assert.Equal((id, "orders failed", "It broke."), (message.Id, message.Title, message.Text));
        Assert.Equal(["run", "task"], message.Fields.Select(static f => f.Key));
        Assert.Empty(b.Messages);
        var delivery = Assert.Single((await world.ListAsync())[0].Deliveries);
        Assert.Equal(("a", "sent", 1, _time.GetUtcNow()), (delivery.Channel, delivery.State, delivery.Attempts, delivery.EndedAt));
    }

    [Fact]
    public async Task An_alert_without_channels_goes_to_the_default_ones()
    {
        var (a, b) = (new ScriptedChannel("a"), new ScriptedChannel("b"));
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, a, b);
        await world.FailAsync("orders");
        Assert.Equal(["a", "b"], (await world.ListAsync())[0].Deliveries.Select(static d => d.Channel));
    }

    [Fact]
    public async Task What_is_rolled_back_is_never_told()
    {
        var a = new ScriptedChannel("a");
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, a);
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.WriteAsync<int>(async (c, t) =>
        {
            await world.Outbox.AddAsync(c, t, world.Failure("orders"), []);
            throw new InvalidOperationException("the state was not written");
        }));
        Assert.Null(await world.DeliverAsync("a"));
        Assert.Empty(a.Messages);
        Assert.Empty(await world.ListAsync());
    }

    [Fact]
    public async Task A_channel_that_there_is_not_fails_no_write_and_is_kept_as_undelivered()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, new ScriptedChannel("a"));
        await world.FailAsync("orders", null, "nowhere", "a");
        var deliveries = (await world.ListAsync())[0].Deliveries;
        Assert.Equal(["undelivered", "waiting"], deliveries.Select(static d => d.State));
        Assert.Contains("no channel", deliveries[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Alerts_are_listed_newest_first_page_by_page()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, new ScriptedChannel("a"));
        for (var i = 0; i < 5; i++)
        {
            await world.FailAsync($"p{i}");
        }

        var first = await world.ListAsync(limit: 3);
        var second = await world.ListAsync(first[^1].Recorded.Id, 3);
        Assert.Equal(["p4", "p3", "p2"], first.Select(static e => e.Recorded.Alert.Subject));
        Assert.Equal(["p1", "p0"], second.Select(static e => e.Recorded.Alert.Subject));
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => world.ListAsync("none"))).Kind);
        await Assert.ThrowsAsync<TarnException>(() => world.ListAsync(limit: 0));
    }

    [Fact]
    public async Task What_is_too_long_is_cut_and_what_is_secret_is_masked()
    {
        var a = new ScriptedChannel("a");
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, a);
        var alert = world.Failure("orders") with { Text = new string('x', 20_000), Title = "POST of the-secret-of-the-channel\nfailed" };
        await world.AddAsync(alert);
        await world.DeliverAsync("a");
        var message = Assert.Single(a.Messages);
        Assert.Equal("POST of •••••• failed", message.Title);
        Assert.InRange(message.Text.Length, 10_000, 10_050);
    }

    [Fact]
    public async Task A_run_has_a_link_where_it_is_known_where_the_console_is()
    {
        var a = new ScriptedChannel("a");
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time);
        await world.UseAsync(new AlertChannels([a], ["a"]) { ConsoleUrl = new Uri("https://tarn.example.org/x") });
        await world.FailAsync("orders");
        await world.AddAsync(world.Failure("other") with { Fields = new Dictionary<string, string> { [AlertFields.Run] = "r1", [AlertFields.Link] = "javascript:alert(1)" } });
        await world.DeliverAsync("a");
        Assert.Equal(new Uri("https://tarn.example.org/x/runs/r1"), a.Messages[0].Link);
        Assert.Null(a.Messages[1].Link);
    }

    [Fact]
    public async Task A_running_delivery_is_woken_by_an_alert_after_its_commit()
    {
        var a = new ScriptedChannel("a");
        var arrived = new TaskCompletionSource<AlertMessage>();
        a.Answer = (message, _) =>
        {
            arrived.TrySetResult(message);
            return Task.FromResult(AlertSendResult.Sent);
        };
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, a);
        using var stop = new CancellationTokenSource();
        var running = world.Delivery.RunAsync(stop.Token);
        await world.FailAsync("orders");
        Assert.Equal("orders failed", (await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).Title);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task What_one_process_adds_is_delivered_once_by_whichever_runs()
    {
        var a = new ScriptedChannel("a", new AlertChannelOptions { MessagesPerMinute = 10_000 });
        await using var adding = await AlertWorld.OpenAsync(await OpenAsync(), _time, a);
        await using var second = await AlertWorld.OpenAsync(adding.Store.IsShared ? await OpenAsync() : adding.Store, _time, a);
        await using var third = await AlertWorld.OpenAsync(adding.Store.IsShared ? await OpenAsync() : adding.Store, _time, a);
        using var stop = new CancellationTokenSource();
        Task[] running = [second.Delivery.RunAsync(stop.Token), third.Delivery.RunAsync(stop.Token)];
        var ids = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            ids.Add(await adding.FailAsync($"p{i}"));
        }

        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await adding.ListAsync()).Any(static e => e.Deliveries[0].State != "sent"))
        {
            Assert.False(late.IsCancellationRequested, "Not all were sent.");
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(running));
        Assert.Equal(ids.Order(StringComparer.Ordinal), a.Messages.SelectMany(static m => m.Alerts).Select(static x => x.Id).Order(StringComparer.Ordinal));
    }
}
