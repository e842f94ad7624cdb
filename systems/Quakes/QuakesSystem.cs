using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Quakes.Api;
using Quakes.Catalogue;
using Quakes.Feeds;
using Quakes.Gold;
using Quakes.Ingestion;
using Tarn;
using Tarn.Lake;
using Tarn.Log;
using Tarn.Pipelines;
using Tarn.Postgres;
using Tarn.Streams;

namespace Quakes;

/// <summary>Quakes: the USGS's earthquakes as tables that repair themselves, a page, and a PostgreSQL table.</summary>
public static class QuakesSystem
{
    private const string Pool = "quakes";

    /// <summary>Adds the system to a program, with the option <c>--feed</c> of <c>up</c>.</summary>
    public static TarnAppBuilder AddQuakes(this TarnAppBuilder program)
    {
        program.AddOption("--feed", FeedDecision.FeedKey, "The earthquakes' feed: auto, live, simulated, or replay:FILE (a .geojson, .jsonl or .jsonl.gz recording).", "up quakes --feed simulated");
        program.AddOption("--speed-up", "Quakes:SpeedUp", "How much faster than ours the clock of a simulated or replayed feed runs.");
        return program.AddSystem("quakes", "Earthquakes of the world, from the USGS feed to a live map.", Configure);
    }

    private static void Configure(SystemBuilder quakes)
    {
        quakes.Title("Quakes").Page("/quakes");
        quakes.AddOptions<QuakesOptions>("Quakes");
        quakes.BeforeOpen(FeedDecision.DecideAsync);
        AddTables(quakes);
        AddServices(quakes.Services);
        AddPipelines(quakes, withPostgres: !string.IsNullOrEmpty(quakes.Configuration["Quakes:Postgres"]));
        quakes.AfterOpen(static (services, cancellation) => services.GetRequiredService<QuakesFeed>().MarkAsync(cancellation));
        quakes.ReportStatus(QuakesStatus.ReportAsync);
        quakes.MapApi(QuakesApi.Map);
    }

    private static void AddTables(SystemBuilder quakes)
    {
        var topic = quakes.AddTopic<EarthquakeVersion>(QuakesTables.TopicName, static e => e.Id);
        var bronze = quakes.AddAppendTable(QuakesTables.BronzeDefinition);
        var quarantine = quakes.AddAppendTable(QuakesTables.QuarantineDefinition);
        var silver = quakes.AddTable<Earthquake>(QuakesTables.SilverName, QuakesTables.DefineSilver);
        var hourly = quakes.AddTable<EarthquakesHourly>(QuakesTables.HourlyName, QuakesTables.DefineHourly);
        var magnitudes = quakes.AddTable<EarthquakesMagnitude>(QuakesTables.MagnitudesName, QuakesTables.DefineMagnitudes);
        var days = quakes.AddTable<EarthquakesDay>(QuakesTables.DaysName, QuakesTables.DefineDays);
        quakes.Services.AddSingleton(services => new DayCounts(silver.Value, days.Value, services.GetRequiredService<CatalogueReader>()));
        quakes.Services.AddSingleton(services => new QuakesTables(
            services.GetRequiredService<Lake>(), topic.Value, bronze.Value, quarantine.Value, silver.Value, hourly.Value, magnitudes.Value));
    }

    private static void AddServices(IServiceCollection services)
    {
        services.AddSingleton<CatalogueReader>();
        services.AddSingleton<SinkRunner>();
        services.AddSingleton<Ingest>();
        services.AddSingleton<GoldTables>();
        services.AddSingleton<QuakesFeed>();
        services.AddSingleton<FeedMonitor>();
        services.AddSingleton<EarthquakeTasks>();
        services.AddSingleton<EventQueries>();
        services.AddSingleton(static s => new PostgresDatabase(s.GetRequiredService<QuakesOptions>().Postgres!));
        services.AddSingleton(static s => new PostgresSink<EarthquakeVersion, Earthquake>(
            s.GetRequiredService<PostgresDatabase>(),
            PostgresCopy.Target,
            static (_, version) => version.ToEarthquake(),
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<PostgresCopy>();
    }

    private static void AddPipelines(SystemBuilder quakes, bool withPostgres)
    {
        // One pool of one slot: the two pipelines' tasks never interleave.
        quakes.AddPipeline("earthquakes-minibatch", p =>
        {
            p.Description("Every five minutes: what changed since the last commit, by time of change, so that nothing is missed however long the program was down.")
                .Schedule("*/5 * * * *")
                .Retries(2, TimeSpan.FromSeconds(5))
                .Timeout(TimeSpan.FromMinutes(30))
                .Task("fetch", static (EarthquakeTasks tasks, TaskContext run) => tasks.FetchChangesAsync(run), pool: Pool);
            AddRest(p, withPostgres);
        });
        quakes.AddPipeline("earthquakes-daily", p =>
        {
            p.Description("Once a day: the whole last day (on Sundays the week) against what is known; repairs what is late, changed or vanished.")
                .Schedule("50 23 * * *")
                .Retries(2, TimeSpan.FromSeconds(5))
                .Timeout(TimeSpan.FromMinutes(30))
                .Task("fetch", static (EarthquakeTasks tasks, TaskContext run) => tasks.FetchDayAsync(run), pool: Pool);
            AddRest(p, withPostgres);
        });
        quakes.AddPipeline("earthquakes-days", DayCounts.Define);
        quakes.AddSqlModels("earthquakes-models", "models/quakes", static p => p
            .Description("Every quarter of an hour: the SQL models over silver, as far as silver changed.")
            .Schedule("*/15 * * * *")
            .Retries(2, TimeSpan.FromSeconds(5))
            .Timeout(TimeSpan.FromMinutes(30)));
    }

    private static void AddRest(PipelineBuilder pipeline, bool withPostgres)
    {
        pipeline
            .Task("merge", static (EarthquakeTasks tasks, TaskContext run) => tasks.MergeAsync(run), after: "fetch", pool: Pool)
            .Task("gold", static (EarthquakeTasks tasks, TaskContext run) => tasks.CountAsync(run), after: "merge", pool: Pool);
        if (withPostgres)
        {
            pipeline.Task(
                "postgres",
                static async (PostgresCopy copy, TaskContext run) =>
                {
                    var moved = await copy.RefreshAsync(run.CancellationToken);
                    run.Report("records", moved.Records);
                    foreach (var (name, count) in moved.Counts)
                    {
                        run.Report(name, count);
                    }
                },
                after: "merge",
                pool: Pool);
        }
    }
}
