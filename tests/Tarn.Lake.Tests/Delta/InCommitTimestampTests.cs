using System.Text.Json;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class InCommitTimestampTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Times_rise_whatever_the_clock_does_and_are_told_since_when(bool fromTheStart)
    {
        var definition = new TableDefinition("bronze.lines", RowMapping<CommitTests.Line>.Instance.Schema);
        var enabled = definition with { Properties = new Dictionary<string, string> { ["delta.enableInCommitTimestamps"] = "true" } };
        var lake = _lakes.Open();
        _lakes.Time.JumpTo(DateTimeOffset.UtcNow.AddHours(1));
        var table = await lake.EnsureTableAsync(fromTheStart ? enabled : definition, Cancel);
        await table.AppendAsync<CommitTests.Line>([new(1, 1)], null, Cancel);
        await lake.EnsureTableAsync(enabled, Cancel);
        var since = fromTheStart ? 0 : 2;
        for (var i = 2; i <= 100; i++)
        {
            _lakes.Time.JumpTo(_lakes.Time.GetUtcNow().AddSeconds(i % 10 == 0 ? -30 : 60));
            await table.AppendAsync<CommitTests.Line>([new(1, i)], null, Cancel);
        }

        var previous = long.MinValue;
        var latest = (await table.SnapshotAsync(null, Cancel)).State;
        var times = new List<(long Version, long Time)>();
        for (var version = 0L; version <= latest.Version; version++)
        {
            var first = (await File.ReadAllLinesAsync(Path.Combine(_lakes.Root, "bronze/lines", LogPath.Commit(version)), Cancel))[0];
            using var info = JsonDocument.Parse(first);
            var has = info.RootElement.GetProperty("commitInfo").TryGetProperty("inCommitTimestamp", out var stamp);
            Assert.Equal(version >= since, has);
            if (has)
            {
                Assert.True(stamp.GetInt64() > previous);
                previous = stamp.GetInt64();
                times.Add((version, previous));
            }
        }

        var configuration = latest.Metadata!.Configuration;
        Assert.Equal(fromTheStart ? null : "2", configuration.GetValueOrDefault("delta.inCommitTimestampEnablementVersion"));
        Assert.Equal(fromTheStart ? null : times[0].Time.ToString(System.Globalization.CultureInfo.InvariantCulture), configuration.GetValueOrDefault("delta.inCommitTimestampEnablementTimestamp"));
        var reader = _lakes.Open().Table("bronze.lines");
        foreach (var (version, time) in times.Where(static t => t.Version % 7 == 0))
        {
            Assert.Equal(version, (await reader.SnapshotAsync(AsOf.Time(DateTimeOffset.FromUnixTimeMilliseconds(time)), Cancel)).Version);
            Assert.Equal(version, (await reader.SnapshotAsync(AsOf.Time(DateTimeOffset.FromUnixTimeMilliseconds(time)), Cancel)).Version);
        }

        if (!fromTheStart)
        {
            Assert.Equal(1, (await reader.SnapshotAsync(AsOf.Time(DateTimeOffset.FromUnixTimeMilliseconds(times[0].Time - 1)), Cancel)).Version);
        }
    }

    [Fact]
    public async Task An_instant_is_found_by_a_few_reads()
    {
        await using var logs = new TableLogs();
        logs.Commit(0, TableLogs.Info(1000), TableLogs.Start);
        for (var i = 1; i <= 1000; i++)
        {
            logs.Commit(i, TableLogs.Info(1000 + (i * 10)));
        }

        var store = new Contracts.FaultyObjectStore(logs.Store, static _ => Contracts.Fault.None);
        var state = await logs.LoadAsync();
        var times = new VersionTimes(new DeltaLog(store, "silver/t", null!));
        Assert.Equal(333, await times.VersionAtAsync(DateTimeOffset.FromUnixTimeMilliseconds(4339), state!, Cancel));
        Assert.InRange(store.Calls.Count, 1, 15);

        // A clock that went far back before one of the versions looked at: then all are.
        logs.Commit(500, TableLogs.Info(2));
        logs.Commit(250, TableLogs.Info(900_000));
        var again = new VersionTimes(new DeltaLog(store, "silver/t", null!));
        Assert.Equal(249, await again.VersionAtAsync(DateTimeOffset.FromUnixTimeMilliseconds(4339), (await logs.LoadAsync())!, Cancel));
    }
}
