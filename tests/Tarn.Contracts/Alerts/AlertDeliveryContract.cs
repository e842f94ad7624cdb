using Dapper;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Xunit;

namespace Tarn.Contracts;

/// <summary>What alerts promise on every metadata store: nothing lost, nothing told that did not happen, nobody held up.</summary>
public abstract partial class AlertDeliveryContract
{
    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedChannel _channel = new("a", new AlertChannelOptions { GroupWindow = TimeSpan.FromMinutes(1), MessagesPerMinute = 3 });

    /// <summary>Opens the test's store, which starts empty.</summary>
    protected abstract Task<MetadataStore> OpenAsync();

    [Fact]
    public async Task Alerts_of_one_key_within_the_window_are_one_message_with_a_count_and_the_first_few()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel);
        for (var i = 0; i < 12; i++)
        {
            await world.FailAsync("orders", "orders");
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        await world.FailAsync("payments", "payments");
        Assert.Equal(TimeSpan.FromSeconds(36), await world.DeliverAsync("a"));
        Assert.Empty(_channel.Messages);
        _time.Advance(TimeSpan.FromSeconds(36));
        Assert.Equal(TimeSpan.FromSeconds(24), await world.DeliverAsync("a"));
        var message = Assert.Single(_channel.Messages);
        Assert.Equal(("orders failed, 12 times", 12), (message.Title, message.Alerts.Count));
        Assert.Equal(6, message.Text.Split('\n').Length);
        Assert.EndsWith("and 7 more", message.Text, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(24));
        await world.DeliverAsync("a");
        Assert.Equal("payments failed", _channel.Messages[1].Title);
        Assert.All(await world.ListAsync(), static e => Assert.Equal("sent", e.Deliveries[0].State));
    }

    [Fact]
    public async Task Above_the_rate_alerts_are_gathered_into_one_summary_and_none_is_lost()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel);
        for (var i = 0; i < 10; i++)
        {
            await world.FailAsync($"p{i}");
        }

        Assert.Null(await world.DeliverAsync("a"));
        Assert.Equal([1, 1, 8], _channel.Messages.Select(static m => m.Alerts.Count));
        Assert.Equal("8 alerts, first: p2 failed", _channel.Messages[2].Title);

        _time.Advance(TimeSpan.FromSeconds(20));
        for (var i = 10; i < 30; i++)
        {
            await world.FailAsync($"p{i}");
        }

        Assert.Equal(TimeSpan.FromSeconds(40), await world.DeliverAsync("a"));
        Assert.Equal(3, _channel.Messages.Count);
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Null(await world.DeliverAsync("a"));
        Assert.Equal(30, _channel.Messages.SelectMany(static m => m.Alerts).Select(static a => a.Id).Distinct().Count());
        Assert.InRange(_channel.Messages.Count, 4, 6);
    }

    [Fact]
    public async Task A_channel_that_fails_is_tried_again_after_longer_and_longer_times_less_a_random_part()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel);
        _channel.Fails();
        await world.FailAsync("orders");
        var rests = new List<double>();
        for (var i = 0; i < 12; i++)
        {
            var rest = (await world.DeliverAsync("a"))!.Value;
            rests.Add(rest.TotalSeconds);
            _time.Advance(rest);
        }

        for (var i = 0; i < rests.Count; i++)
        {
            var full = Math.Min(300, Math.Pow(2, i));
            Assert.InRange(rests[i], full / 2, full);
        }

        Assert.True(rests.Zip(Enumerable.Range(0, 12)).Select(static r => r.First / Math.Min(300, Math.Pow(2, r.Second))).Distinct().Count() > 6, "The delays have a random part.");
        _channel.Works();
        Assert.Null(await world.DeliverAsync("a"));
        var delivery = (await world.ListAsync())[0].Deliveries[0];
        Assert.Equal(("sent", 13, null), (delivery.State, delivery.Attempts, delivery.Error));
        Assert.Single(_channel.Messages.Select(static m => m.Id).Distinct());
    }

    [Fact]
    public async Task A_busy_receiver_is_left_alone_as_long_as_it_asks()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel);
        _channel.Fails("busy", TimeSpan.FromSeconds(97));
        await world.FailAsync("orders");
        Assert.Equal(TimeSpan.FromSeconds(97), await world.DeliverAsync("a"));
        await world.FailAsync("payments");
        Assert.Equal(TimeSpan.FromSeconds(97), await world.DeliverAsync("a"));
        Assert.Single(_channel.Messages);
        var status = Assert.Single(await world.ChannelsAsync());
        Assert.Equal((2, "busy", _time.GetUtcNow().AddSeconds(97), null), (status.Waiting, status.LastError, status.PausedUntil, status.LastSuccessAt));
    }

    [Fact]
    public async Task A_message_that_is_refused_waits_long_and_holds_up_no_other()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel);
        _channel.Answer = static (message, _) => Task.FromResult(message.Title.Contains("poison", StringComparison.Ordinal) ? AlertSendResult.Refused("bad") : AlertSendResult.Sent);
        await world.FailAsync("poison", "g");
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromMinutes(5), await world.DeliverAsync("a"));
        await world.FailAsync("orders", "g");
        _time.Advance(TimeSpan.FromMinutes(1));
        await world.DeliverAsync("a");
        Assert.Equal(["poison failed", "orders failed"], _channel.Messages.Select(static m => m.Title));
    }

    [Fact]
    public async Task After_the_maximum_age_an_alert_is_given_up_said_and_kept()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel);
        world.Options.MaximumAge = TimeSpan.FromHours(1);
        _channel.Fails("the-secret-of-the-channel is down");
        await world.FailAsync("orders");
        while (await world.DeliverAsync("a") is { } rest)
        {
            _time.Advance(rest);
        }

        var delivery = (await world.ListAsync())[0].Deliveries[0];
        Assert.Equal(("undelivered", "•••••• is down"), (delivery.State, delivery.Error));
        Assert.InRange(_channel.Messages.Count, 10, 40);
        Assert.Contains(world.Log.Lines, static l => l is { Level: LogLevel.Error, Event: 1012 });
    }

    [Fact]
    public async Task What_waits_for_a_channel_that_was_taken_away_is_given_up_and_what_is_old_is_forgotten()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel);
        await world.FailAsync("orders");
        await world.UseAsync(new AlertChannels([new ScriptedChannel("b")]));
        await world.Delivery.SweepAsync(TestContext.Current.CancellationToken);
        Assert.Equal("waiting", (await world.ListAsync())[0].Deliveries[0].State);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, await world.Delivery.SweepAsync(TestContext.Current.CancellationToken));
        Assert.Equal("undelivered", (await world.ListAsync())[0].Deliveries[0].State);
        _time.Advance(TimeSpan.FromDays(90));
        await world.Delivery.SweepAsync(TestContext.Current.CancellationToken);
        Assert.Empty(await world.ListAsync());
    }

    [Fact]
    public async Task Of_several_processes_one_sends_and_another_takes_over_when_its_claim_ends()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel);
        var (first, second) = (world.Delivery.QueueOf("a"), world.NewDelivery().QueueOf("a"));
        var sending = new TaskCompletionSource();
        var outcome = new TaskCompletionSource<AlertSendResult>();
        _channel.Answer = (_, _) =>
        {
            sending.TrySetResult();
            return outcome.Task;
        };
        await world.FailAsync("orders");
        var one = first.RunDueAsync(CancellationToken.None);
        await sending.Task;
        Assert.Equal(TimeSpan.FromSeconds(30), await second.RunDueAsync(CancellationToken.None));
        Assert.Single(_channel.Messages);

        // The first is never heard of again.
        _channel.Works();
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Null(await second.RunDueAsync(CancellationToken.None));
        Assert.Equal(2, _channel.Messages.Count);
        Assert.Equal("sent", (await world.ListAsync())[0].Deliveries[0].State);
        outcome.SetResult(AlertSendResult.Failed("late"));
        Assert.Null(await one);
        Assert.Equal("sent", (await world.ListAsync())[0].Deliveries[0].State);
    }

    [Fact]
    public async Task A_slow_channel_holds_up_no_other_and_nobody_who_adds()
    {
        var slow = new ScriptedChannel("slow");
        slow.Answer = static async (_, cancellation) =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return AlertSendResult.Sent;
        };
        var arrived = new TaskCompletionSource();
        _channel.Answer = (message, _) =>
        {
            if (message.Title == "p1 failed")
            {
                arrived.TrySetResult();
            }

            return Task.FromResult(AlertSendResult.Sent);
        };
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, slow, _channel);
        using var stop = new CancellationTokenSource();
        var running = world.Delivery.RunAsync(stop.Token);
        await world.FailAsync("p0");
        await world.FailAsync("p1");
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        // What was broken off counts as not tried, and the next start finds nothing claimed.
        var left = (await world.ListAsync()).SelectMany(static e => e.Deliveries).Where(static d => d.Channel == "slow").ToList();
        Assert.All(left, static d => Assert.Equal(("waiting", 0), (d.State, d.Attempts)));
        slow.Works();
        Assert.Null(await world.NewDelivery().QueueOf("slow").RunDueAsync(CancellationToken.None));
        Assert.All((await world.ListAsync()).SelectMany(static e => e.Deliveries), static d => Assert.Equal("sent", d.State));
    }

    [Fact]
    public async Task A_store_that_cannot_be_written_delays_and_loses_nothing_and_what_was_sent_is_not_sent_again()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel);
        await world.FailAsync("orders");
        var broken = true;
        _channel.Answer = (_, _) =>
        {
            world.Store.Intercept = moment => broken && moment == CommitMoment.Before ? throw new TarnException(ErrorKind.Unavailable, "The disk is full.") : Task.CompletedTask;
            return Task.FromResult(AlertSendResult.Sent);
        };
        await Assert.ThrowsAsync<TarnException>(() => world.DeliverAsync("a"));
        broken = false;
        Assert.Null(await world.DeliverAsync("a"));
        Assert.Single(_channel.Messages);
        Assert.Equal("sent", (await world.ListAsync())[0].Deliveries[0].State);
    }

    [Fact]
    public async Task Whatever_a_channel_throws_is_its_failure_and_tells_no_secret()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel);
        _channel.Answer = static (_, _) => throw new InvalidOperationException("no way to the-secret-of-the-channel", new IOException("the-secret-of-the-channel"));
        await world.FailAsync("orders");
        Assert.NotNull(await world.DeliverAsync("a"));
        Assert.Equal("no way to ••••••", (await world.ListAsync())[0].Deliveries[0].Error);
        Assert.DoesNotContain(world.Log.Lines, static l => l.Text.Contains("the-secret-of-the-channel", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_test_alert_goes_past_the_queue_and_says_how_it_went()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel);
        Assert.True((await world.Delivery.TestAsync("a", TestContext.Current.CancellationToken)).IsSent);
        Assert.Equal(AlertKinds.Test, _channel.Messages[0].Alerts[0].Alert.Kind);
        _channel.Fails("down");
        Assert.Equal("down", (await world.Delivery.TestAsync("a", TestContext.Current.CancellationToken)).Error);
        Assert.Contains("there are a", (await Assert.ThrowsAsync<TarnException>(() => world.Delivery.TestAsync("b", TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);
        Assert.Empty(await world.ListAsync());
    }

    [Fact]
    public async Task A_storm_of_a_thousand_is_told_in_few_messages()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel);
        await world.WriteAsync(async (c, t) =>
        {
            for (var i = 0; i < 2500; i++)
            {
                await world.Outbox.AddAsync(c, t, world.Failure($"p{i}"), []);
            }

            return 0;
        });
        while (await world.DeliverAsync("a") is { } rest)
        {
            _time.Advance(rest);
        }

        Assert.Equal(2500, _channel.Messages.Sum(static m => m.Alerts.Count));
        Assert.InRange(_channel.Messages.Count, 5, 9);
        Assert.Equal(2500, await world.Store.ReadAsync(static c => c.ExecuteScalarAsync<long>("SELECT count(*) FROM alert_delivery WHERE state = 'sent'"), TestContext.Current.CancellationToken));
    }
}
