using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;

namespace Quakes.Catalogue;

/// <summary>The topic and the tables of Quakes, opened.</summary>
internal sealed record QuakesTables(
    Lake Lake,
    Topic<EarthquakeVersion> Topic,
    LakeTable Bronze,
    LakeTable Quarantine,
    KeyedTable<Earthquake> Silver,
    KeyedTable<EarthquakesHourly> Hourly,
    KeyedTable<EarthquakesMagnitude> Magnitudes)
{
    public const string TopicName = "earthquakes";
    public const string BronzeName = "bronze.earthquakes";
    public const string QuarantineName = "bronze.earthquakes_quarantine";
    public const string SilverName = "silver.earthquakes";
    public const string HistoryName = "silver.earthquakes_history";
    public const string HourlyName = "gold.earthquakes_hourly";
    public const string MagnitudesName = "gold.earthquakes_magnitudes";
    public const string DaysName = "gold.earthquakes_days";

    public static TableDefinition BronzeDefinition { get; } = new(BronzeName, RowMapping<EarthquakeReceived>.Instance.Schema)
    {
        Description = "Every version of an event as it was received, with where it came from.",
    };

    /// <summary>The columns of the topic's own quarantine and those of a feature's, so that one table has both.</summary>
    public static TableDefinition QuarantineDefinition { get; } = new(QuarantineName, RowMapping<EarthquakeQuarantined>.Instance.Schema)
    {
        Description = "What could not be read, with the reason.",
    };

    public static void DefineSilver(KeyedTableDefinition<Earthquake> table) => table
        .Key(static e => e.Id)
        .Newest(static e => e.Updated, static e => e.VersionTime)
        .PartitionBy(static e => e.Time, Grain.Month)
        .EventTime(static e => e.Time)
        .History(static e => e.VersionTime)
        .Describe("One row per event: what its source says of it last; withdrawn ones are marked is_deleted.");

    public static void DefineHourly(KeyedTableDefinition<EarthquakesHourly> table) => table
        .Key(static e => e.HourKey)
        .Newest(static e => e.SilverVersion)
        .Describe("Earthquakes per hour, withdrawn ones left out; kept up with every change of silver.earthquakes.");

    public static void DefineMagnitudes(KeyedTableDefinition<EarthquakesMagnitude> table) => table
        .Key(static e => e.BinKey)
        .Newest(static e => e.SilverVersion)
        .Describe("Earthquakes per day and whole magnitude, withdrawn ones left out; kept up with every change of silver.earthquakes.");

    public static void DefineDays(KeyedTableDefinition<EarthquakesDay> table) => table
        .Key(static e => e.DayKey)
        .Newest(static e => e.SilverVersion)
        .EventTime(static e => e.Day)
        .Describe("Earthquakes per day, withdrawn ones left out: each day is counted when it has ended, and again when earthquakes of it come late or change.");

    /// <summary>Opens the topic and tables without a host.</summary>
    public static async Task<QuakesTables> OpenAsync(Lake lake, TopicLog log, CancellationToken cancellation)
    {
        var topic = new Topic<EarthquakeVersion>(log, TopicName, static e => e.Id);
        await topic.EnsureAsync(null, cancellation);
        var tables = new QuakesTables(
            lake,
            topic,
            await lake.EnsureTableAsync(BronzeDefinition, cancellation),
            await lake.EnsureTableAsync(QuarantineDefinition, cancellation),
            new KeyedTable<Earthquake>(lake, SilverName, DefineSilver),
            new KeyedTable<EarthquakesHourly>(lake, HourlyName, DefineHourly),
            new KeyedTable<EarthquakesMagnitude>(lake, MagnitudesName, DefineMagnitudes));
        await tables.Silver.EnsureAsync(cancellation);
        await tables.Hourly.EnsureAsync(cancellation);
        await tables.Magnitudes.EnsureAsync(cancellation);
        return tables;
    }
}
