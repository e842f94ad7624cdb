using Quakes.Catalogue;
using Tarn.Lake;
using Xunit;

namespace Quakes.Tests;

/// <summary>The SQL models of gold, on what silver holds.</summary>
public sealed class ModelTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task After_any_changes_the_days_are_what_silver_says(int seed)
    {
        var random = new Random(seed);
        await using var quakes = await QuakesFixture.OpenAsync();
        var models = await SqlModelSet.LoadAsync(quakes.Lake, [Path.Combine(AppContext.BaseDirectory, "models", "quakes")], Cancellation);
        Assert.Equal(["gold.earthquakes_live", "gold.earthquakes_daily"], models.Models.Select(static m => m.Name));
        var runner = new ModelRunner(quakes.Lake, models);
        for (var round = 0; round < 4; round++)
        {
            if (round > 0)
            {
                await quakes.Tables.Topic.ProduceAsync([.. Enumerable.Range(0, 15).Select(_ => Version(random, round))], cancellation: Cancellation);
                await quakes.Ingest.DrainAsync(Cancellation);
            }

            foreach (var model in models.Models)
            {
                await runner.RunAsync(model.Name, null, Cancellation);
            }

            await AssertDaysAsync(quakes);
        }

        Assert.Equal(ModelAction.Unchanged, (await runner.RunAsync("gold.earthquakes_daily", null, Cancellation)).Action);
    }

    private static async Task AssertDaysAsync(QuakesFixture quakes)
    {
        var live = (await quakes.SilverAsync()).Where(static e => !e.IsDeleted).ToList();
        var days = await quakes.Reader.ReadAsync<Day>("SELECT * FROM gold.earthquakes_daily ORDER BY day", Cancellation);
        Assert.Equal(
            live.GroupBy(static e => DateOnly.FromDateTime(e.Time.UtcDateTime)).OrderBy(static g => g.Key).Select(static g => string.Join(
                ' ',
                g.Key,
                g.Count(),
                g.Count(static e => e.Mag >= 4.5),
                g.Max(static e => e.Mag),
                $"{g.Average(static e => e.Mag):0.000000}",
                g.Max(static e => e.DepthKm),
                g.Sum(static e => e.Felt ?? 0),
                g.OrderByDescending(static e => e.Mag ?? double.MinValue).ThenBy(static e => e.Time).ThenBy(static e => e.Id, StringComparer.Ordinal).First().Id)),
            days.Select(static d => string.Join(' ', d.Date, d.Events, d.EventsM45, d.MaxMag, $"{d.MeanMag:0.000000}", d.DeepestKm, d.FeltReports, d.Strongest)));
    }

    private static EarthquakeVersion Version(Random random, int round)
    {
        var start = new DateTimeOffset(2024, 2, 28, 12, 0, 0, TimeSpan.Zero);
        var updated = start.AddDays(round).AddSeconds(random.Next(10_000));
        var row = new Earthquake
        {
            Id = $"e{random.Next(25)}",
            Time = start.AddMinutes(random.Next(0, 4000)),
            Updated = updated,
            VersionTime = updated,
            Mag = random.Next(6) == 0 ? null : Math.Round((random.NextDouble() * 9) - 1, 2),
            DepthKm = random.Next(5) == 0 ? null : random.NextDouble() * 100,
            Felt = random.Next(3) == 0 ? null : random.Next(40),
            IsDeleted = random.Next(4) == 0,
        };
        return EarthquakeVersion.Of(row, updated, "test", updated, null);
    }

    private sealed record Day
    {
        [ColumnName("day")]
        public required DateOnly Date { get; init; }

        public long Events { get; init; }

        [ColumnName("events_m45")]
        public long EventsM45 { get; init; }

        public double? MaxMag { get; init; }

        public double? MeanMag { get; init; }

        public double? DeepestKm { get; init; }

        public long FeltReports { get; init; }

        public string? Strongest { get; init; }
    }
}
