using System.Data.Common;
using System.Diagnostics;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Postgres;

namespace Tarn.Bench;

/// <summary>
/// Writes to the metadata store, in SQLite and, where it is installed, in a PostgreSQL of the bench's own on the same machine; both durable. The baseline of one row is the same statement
/// in a transaction of the bare driver, in turn with it (medians); that of 64 writers is one writer alone.
/// </summary>
internal static class MetadataWrites
{
    private const int WarmUp = 100;
    private const int Writes = 400;
    private const int Writers = 64;
    private const int EachWriter = 40;
    private const string Update = "UPDATE counter SET number = number + 1 WHERE name = 'c'";

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var measurements = new List<Measurement>();
        var file = Path.Combine(folder, "meta.db");
        await using (var store = MetadataStore.Open(file, TimeProvider.System, NullLoggerFactory.Instance))
        {
            await MeasureAsync(measurements, "SQLite", store, null, noOpGoal: 1, rowGoal: 20, throughputGoal: 1000);
        }

        await using var cluster = new PostgresCluster { IsDurable = true };
        await cluster.InitializeAsync();
        if (await cluster.TryAsync() is { } connection)
        {
            await using var store = await PostgresMetadataStore.OpenAsync(
                connection, new PostgresMetadataOptions(), TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
            await using var bare = new NpgsqlConnection($"{connection};Max Auto Prepare=10;Options=-c search_path=tarn");
            await bare.OpenAsync();
            await MeasureAsync(measurements, "PostgreSQL", store, bare, noOpGoal: 5, rowGoal: 20, throughputGoal: 500);
        }

        return measurements;
    }

    private static async Task MeasureAsync(
        List<Measurement> measurements, string name, MetadataStore store, DbConnection? bare, double noOpGoal, double rowGoal, double throughputGoal)
    {
        await store.MigrateAsync("bench", ["CREATE TABLE counter(name TEXT PRIMARY KEY, number INTEGER NOT NULL)", "INSERT INTO counter(name, number) VALUES ('c', 0)"]);
        List<double> noOps = [], ours = [], straight = [];
        for (var i = 0; i < WarmUp + Writes; i++)
        {
            noOps.Add(await TimeAsync(() => store.WriteAsync(static (_, _) => Task.FromResult(0))));
            ours.Add(await TimeAsync(() => WriteAsync(store)));
            if (bare is not null)
            {
                straight.Add(await TimeAsync(() => WriteAsync(bare)));
            }
        }

        measurements.Add(Measurement.Under($"metadata {name}: write that does nothing", Median(noOps[WarmUp..]), "ms", noOpGoal));
        var row = Median(ours[WarmUp..]);
        double? baseline = bare is null ? null : Median(straight[WarmUp..]);
        measurements.Add(new Measurement(
            $"metadata {name}: write of a row", row, "ms", baseline, row / baseline, FormattableString.Invariant($"< {rowGoal} ms"), row < rowGoal));

        await TogetherAsync(store, 4);
        var clock = Stopwatch.StartNew();
        await TogetherAsync(store, EachWriter);
        var perSecond = Writers * EachWriter / clock.Elapsed.TotalSeconds;
        measurements.Add(new Measurement(
            $"metadata {name}: {Writers} writers of a row", perSecond, "writes/s", 1000 / row, perSecond / (1000 / row), FormattableString.Invariant($">= {throughputGoal} writes/s"), perSecond >= throughputGoal));
    }

    private static Task TogetherAsync(MetadataStore store, int each) => Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
    {
        for (var i = 0; i < each; i++)
        {
            await WriteAsync(store);
        }
    })));

    private static Task<int> WriteAsync(MetadataStore store) =>
        store.WriteAsync(static (connection, transaction) => connection.ExecuteAsync(Update, transaction: transaction));

    private static async Task WriteAsync(DbConnection bare)
    {
        await using var transaction = await bare.BeginTransactionAsync();
        await bare.ExecuteAsync(Update, transaction: transaction);
        await transaction.CommitAsync();
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var begun = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
