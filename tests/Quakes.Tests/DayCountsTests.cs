using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Quakes.Catalogue;
using Quakes.Gold;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Pipelines;
using Xunit;

namespace Quakes.Tests;

public sealed class DayCountsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_earthquake_that_comes_late_has_its_day_counted_again()
    {
        await using var quakes = await QuakesFixture.OpenAsync();
        using var folder = new TemporaryDirectory();
        await using var store = MetadataStore.Open(folder.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance);
        var days = new KeyedTable<EarthquakesDay>(quakes.Lake, QuakesTables.DaysName, QuakesTables.DefineDays);
        await days.EnsureAsync(Cancellation);
        var services = new ServiceCollection().AddLogging().AddSingleton(store).AddSingleton(quakes.Lake).AddSingleton(TimeProvider.System).AddSingleton(IdSource.Create(TimeProvider.System))
            .AddSingleton(new DayCounts(quakes.Tables.Silver, days, quakes.Reader))
            .AddPipelines().AddPipelineScheduler().AddPipeline("days", DayCounts.Define)
            .Configure<OrchestratorOptions>(static o => o.RepairSettling = TimeSpan.Zero);
        await using var provider = services.BuildServiceProvider();
        var orchestrator = provider.GetRequiredService<Orchestrator>();
        var (counted, repaired) = (new TaskCompletionSource<RunSummary>(), new TaskCompletionSource<RunSummary>());
        orchestrator.RunChanged += changed =>
        {
            if (changed.Run.HasEnded)
            {
                (changed.Run.Trigger == RunTrigger.Repair ? repaired : counted).TrySetResult(changed.Run);
            }
        };
        foreach (var service in provider.GetServices<IHostedService>())
        {
            await service.StartAsync(Cancellation);
        }

        var day = (await counted.Task.WaitAsync(TimeSpan.FromMinutes(2), Cancellation)).DataInterval;
        while ((await orchestrator.GetRepairsAsync("days", Cancellation)).Sources[0].SeenVersion is null)
        {
            await Task.Yield();
        }

        Assert.Equal(0, await CountAsync(quakes, day));
        await ReceiveAsync(quakes, "late", day.Start.AddHours(5));
        var repair = await repaired.Task.WaitAsync(TimeSpan.FromMinutes(2), Cancellation);
        Assert.Equal((RunState.Success, day), (repair.State, repair.DataInterval));
        Assert.Equal(1, await CountAsync(quakes, day));
        foreach (var service in provider.GetServices<IHostedService>().Reverse())
        {
            await service.StopAsync(Cancellation);
        }
    }

    private static async Task ReceiveAsync(QuakesFixture quakes, string id, DateTimeOffset time)
    {
        var row = new Earthquake { Id = id, Time = time, Updated = time.AddDays(1), VersionTime = time.AddDays(1), Mag = 5 };
        await quakes.Tables.Topic.ProduceAsync([EarthquakeVersion.Of(row, row.Updated, "test", row.Updated, null)], cancellation: Cancellation);
        await quakes.Ingest.DrainAsync(Cancellation);
    }

    private static async Task<long> CountAsync(QuakesFixture quakes, DataInterval day)
    {
        var row = Assert.Single(await quakes.Reader.ReadAsync<EarthquakesDay>("SELECT * FROM gold.earthquakes_days WHERE day = CAST($day AS DATE)", Cancellation, ("day", day.Start.UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture))));
        return row.Events;
    }
}
