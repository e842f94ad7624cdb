using Xunit;

namespace Tarn.Tests;

public sealed class EventWatcherTests
{
    private static readonly HashSet<string> All = [];

    [Fact]
    public async Task Events_are_taken_in_order_and_those_of_one_key_replace_each_other()
    {
        using var watcher = new EventWatcher(All, static _ => { });
        watcher.Offer(new ServerEvent("run", null, "1"));
        watcher.Offer(new ServerEvent("topic", "a/0", "2"));
        watcher.Offer(new ServerEvent("run", null, "3"));
        watcher.Offer(new ServerEvent("topic", "a/0", "4"));
        Assert.Equal(["1", "4", "3"], (await TakeAsync(watcher)).Select(static e => e.Data));
        watcher.Offer(new ServerEvent("topic", "a/0", "5"));
        Assert.Equal(["5"], (await TakeAsync(watcher)).Select(static e => e.Data));
    }

    [Fact]
    public async Task One_that_falls_behind_is_told_to_start_anew()
    {
        using var watcher = new EventWatcher(All, static _ => { });
        for (var i = 0; i <= EventWatcher.Capacity; i++)
        {
            watcher.Offer(new ServerEvent("run", null, "{}"));
        }

        Assert.Equal(EventWatcher.Resync, Assert.Single(await TakeAsync(watcher)).Type);
        watcher.Offer(new ServerEvent("run", null, "later"));
        Assert.Equal("later", Assert.Single(await TakeAsync(watcher)).Data);
    }

    [Fact]
    public async Task Only_the_wanted_kinds_are_kept_and_nothing_comes_in_quiet_times()
    {
        using var watcher = new EventWatcher(new HashSet<string> { "commit" }, static _ => { });
        watcher.Offer(new ServerEvent("run", null, "1"));
        Assert.Empty(await watcher.TakeAsync(TimeSpan.Zero, TestContext.Current.CancellationToken));
        watcher.Offer(new ServerEvent("commit", null, "2"));
        Assert.Equal("2", Assert.Single(await TakeAsync(watcher)).Data);
    }

    private static Task<IReadOnlyList<ServerEvent>> TakeAsync(EventWatcher watcher) => watcher.TakeAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
}
