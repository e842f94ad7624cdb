using Quakes.Catalogue;
using Xunit;

namespace Quakes.Tests;

public sealed class GoldTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task After_any_changes_gold_is_what_silver_says_and_only_touched_hours_are_counted(int seed)
    {
        var random = new Random(seed);
        await using var quakes = await QuakesFixture.OpenAsync();
        var start = new DateTimeOffset(2024, 2, 28, 22, 0, 0, TimeSpan.Zero);
        for (var round = 0; round < 6; round++)
        {
            var versions = Enumerable.Range(0, 12).Select(_ => Version(random, start, round)).ToList();
            await quakes.Tables.Topic.ProduceAsync(versions, cancellation: Cancellation);
            await quakes.Ingest.DrainAsync(Cancellation);
            var refreshed = await quakes.Gold.RefreshAsync(Cancellation);
            Assert.Equal(round == 0, refreshed.Everything);
            await AssertGoldIsWhatSilverSaysAsync(quakes);
        }

        Assert.Equal(0, (await quakes.Gold.RefreshAsync(Cancellation)).Hours);
    }

    internal static async Task AssertGoldIsWhatSilverSaysAsync(QuakesFixture quakes)
    {
        var live = (await quakes.SilverAsync()).Where(static e => !e.IsDeleted).ToList();
        var hours = (await quakes.Reader.ReadAsync<EarthquakesHourly>("SELECT * FROM gold.earthquakes_hourly WHERE events > 0 ORDER BY hour", Cancellation))
            .Select(static h => $"{h.HourKey} {h.Hour:O} {h.Events} {h.EventsM25} {h.EventsM45} {h.MaxMag} {h.MeanMag:0.000000} {h.MeanDepthKm:0.000000} {h.FeltEvents}");
        var expected = live.GroupBy(static e => new DateTimeOffset(e.Time.Year, e.Time.Month, e.Time.Day, e.Time.Hour, 0, 0, TimeSpan.Zero)).OrderBy(static g => g.Key)
            .Select(static g => $"{g.Key:yyyy-MM-dd'T'HH:mm'Z'} {g.Key:O} {g.Count()} {g.Count(static e => e.Mag >= 2.5)} {g.Count(static e => e.Mag >= 4.5)} {g.Max(static e => e.Mag)} {g.Average(static e => e.Mag):0.000000} {g.Average(static e => e.DepthKm):0.000000} {g.Count(static e => e.Felt > 0)}");
        Assert.Equal(expected, hours);
        var bins = (await quakes.Reader.ReadAsync<EarthquakesMagnitude>("SELECT * FROM gold.earthquakes_magnitudes WHERE events > 0", Cancellation))
            .Select(static b => $"{b.BinKey} {b.Day:O} {b.MagBin} {b.Events}").Order(StringComparer.Ordinal);
        var expectedBins = live.GroupBy(static e => (Day: DateOnly.FromDateTime(e.Time.UtcDateTime), Bin: e.Mag is { } m ? (long?)Math.Floor(m) : null))
            .Select(static g => $"{g.Key.Day:O}/{g.Key.Bin?.ToString() ?? "none"} {g.Key.Day:O} {g.Key.Bin} {g.Count()}").Order(StringComparer.Ordinal);
        Assert.Equal(expectedBins, bins);
    }

    private static EarthquakeVersion Version(Random random, DateTimeOffset start, int round)
    {
        var updated = start.AddDays(round).AddSeconds(random.Next(10_000));
        var row = new Earthquake
        {
            Id = $"e{random.Next(20)}",
            Time = start.AddMinutes(random.Next(0, 400)),
            Updated = updated,
            VersionTime = updated,
            Mag = random.Next(6) == 0 ? null : Math.Round((random.NextDouble() * 7) - 1, 2),
            DepthKm = random.Next(5) == 0 ? null : random.NextDouble() * 100,
            Felt = random.Next(3),
            IsDeleted = random.Next(5) == 0,
        };
        return EarthquakeVersion.Of(row, updated, "test", updated, null);
    }
}
