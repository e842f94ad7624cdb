using Tarn.Core;
using Xunit;

namespace Tarn.Contracts;

public abstract partial class AlertDeliveryContract
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_was_refused_with_others_is_sent_alone_so_that_what_is_good_arrives(int perMinute)
    {
        var channel = new ScriptedChannel("a", new AlertChannelOptions { GroupWindow = TimeSpan.Zero, MessagesPerMinute = perMinute });
        var taken = RefusePoison(channel);
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, channel);
        for (var i = 0; i < 6; i++)
        {
            await world.FailAsync(i == 3 ? "poison" : $"p{i}");
        }

        await PassAsync(world, TimeSpan.FromMinutes(20));
        Assert.Equal(["p0", "p1", "p2", "p4", "p5"], taken.Order(StringComparer.Ordinal));
        Assert.Single((await world.ListAsync()).SelectMany(static e => e.Deliveries), static d => d.State == "waiting");

        // None that was refused is joined with any other again.
        Assert.Single(channel.Messages, static m => m.Alerts.Count > 1);
    }

    [Fact]
    public async Task What_was_refused_and_what_is_new_take_turns()
    {
        var channel = new ScriptedChannel("a", new AlertChannelOptions { GroupWindow = TimeSpan.Zero, MessagesPerMinute = 1 });
        var taken = RefusePoison(channel);
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, channel);
        for (var i = 0; i < 10; i++)
        {
            await world.FailAsync(i == 0 ? "poison" : $"old{i}");
        }

        // Together they are refused; from the next minute on each is tried alone.
        await PassAsync(world, TimeSpan.FromSeconds(30));
        Assert.Empty(taken);
        for (var i = 0; i < 20; i++)
        {
            await world.FailAsync($"new{i}");
            await PassAsync(world, TimeSpan.FromMinutes(1));
            if (i == 3)
            {
                Assert.Contains("new0", taken);
                Assert.Contains("old1", taken);
            }
        }

        await PassAsync(world, TimeSpan.FromMinutes(2));
        Assert.Equal(9, taken.Count(static t => t.StartsWith("old", StringComparison.Ordinal)));
        Assert.Equal(20, taken.Count(static t => t.StartsWith("new", StringComparison.Ordinal)));
        Assert.Equal(taken.Count, taken.Distinct().Count());
    }

    [Fact]
    public async Task An_old_alert_that_still_waits_is_not_forgotten()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel, new ScriptedChannel("b"));
        await world.FailAsync("orders");
        await world.DeliverAsync("b");

        // Nothing ran for a hundred days; the sweep comes first.
        _time.Advance(TimeSpan.FromDays(100));
        Assert.Equal(0, await world.Delivery.SweepAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["waiting", "sent"], Assert.Single(await world.ListAsync()).Deliveries.Select(static d => d.State));
        Assert.Null(await world.DeliverAsync("a"));
        Assert.Equal(["undelivered", "sent"], Assert.Single(await world.ListAsync()).Deliveries.Select(static d => d.State));
        await world.Delivery.SweepAsync(TestContext.Current.CancellationToken);
        Assert.Empty(await world.ListAsync());
    }

    [Fact]
    public async Task Settings_with_which_alerts_would_be_lost_are_refused()
    {
        await using var world = await AlertWorld.OpenAsync(await OpenAsync(), _time, _channel);
        world.Options.MaximumAge = TimeSpan.FromMinutes(1);
        Assert.Contains("a: GroupWindow is 00:01:00; it is less than Alerts:MaximumAge (00:01:00)", Assert.Throws<TarnException>(world.NewDelivery).Message, StringComparison.Ordinal);
        world.Options.MaximumAge = TimeSpan.FromDays(1);
        world.Options.Kept = TimeSpan.FromHours(23);
        Assert.Contains("Alerts:Kept is 23:00:00; it is not less than Alerts:MaximumAge (1.00:00:00)", Assert.Throws<TarnException>(world.NewDelivery).Message, StringComparison.Ordinal);
        world.Options.Kept = TimeSpan.FromDays(1);
        Assert.NotNull(world.NewDelivery());
    }

    /// <summary>Takes all but what has poison in it; returns the subjects that were taken.</summary>
    private static List<string> RefusePoison(ScriptedChannel channel)
    {
        var taken = new List<string>();
        channel.Answer = (message, _) =>
        {
            var subjects = message.Alerts.Select(static a => a.Alert.Subject).ToList();
            var refused = subjects.Contains("poison", StringComparer.Ordinal);
            taken.AddRange(refused ? [] : subjects);
            return Task.FromResult(refused ? AlertSendResult.Refused("bad") : AlertSendResult.Sent);
        };
        return taken;
    }

    /// <summary>Delivers for so long.</summary>
    private async Task PassAsync(AlertWorld world, TimeSpan time)
    {
        for (var end = _time.GetUtcNow() + time; ;)
        {
            var left = end - _time.GetUtcNow();
            if (await world.DeliverAsync("a") is not { } rest || rest > left)
            {
                _time.Advance(left);
                return;
            }

            _time.Advance(rest);
        }
    }
}
