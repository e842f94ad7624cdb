using Xunit;

namespace Tarn.Core.Tests;

public sealed class IdSourceTests
{
    [Fact]
    public void Ids_are_version_7_unique_and_ordered_by_time()
    {
        var ids = IdSource.Create(TimeProvider.System);
        var made = Enumerable.Range(0, 1000).Select(_ => ids.NewGuid()).ToList();
        Assert.Equal(1000, made.Distinct().Count());
        Assert.All(made, static id => Assert.Equal(7, id.Version));
        Assert.True(string.CompareOrdinal(made[0].ToString("n")[..12], made[^1].ToString("n")[..12]) <= 0);
    }

    [Fact]
    public void The_same_seed_gives_the_same_ids()
    {
        var clock = new FixedTime();
        var first = IdSource.CreateSeeded(clock, 7);
        var second = IdSource.CreateSeeded(clock, 7);
        Assert.Equal(first.NewId(), second.NewId());
        Assert.NotEqual(first.NewId(), IdSource.CreateSeeded(clock, 8).NewId());
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddDays(20_000);
    }
}
