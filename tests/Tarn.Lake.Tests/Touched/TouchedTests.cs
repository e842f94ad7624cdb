using System.Globalization;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Commits tell which event times they touched.</summary>
public sealed class TouchedTests : IAsyncDisposable
{
    private readonly Lakes _lakes = new();

    internal sealed record Reading(long Id, DateTimeOffset? Time, int N);

    internal sealed record Daily(string Place, DateOnly Day, int N);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lakes.DisposeAsync();

    [Fact]
    public async Task An_append_touches_the_minutes_of_its_rows()
    {
        var table = await TableAsync();
        await table.AppendAsync<Reading>([new(1, At("08:00:10"), 1), new(2, At("08:01:59.999999"), 1), new(3, At("09:30"), 1), new(4, null, 1), new(5, At("08:00"), 1)], null, Cancel);
        var touched = await LastAsync(table);
        Assert.Equal("08:00-08:02 09:30-09:31", Text(touched));
        Assert.Equal((true, false), (touched.HasNulls, touched.IsCoarse));
    }

    [Fact]
    public async Task Many_rows_and_those_of_a_query_tell_the_same_as_few()
    {
        var table = await TableAsync();
        await table.AppendAsync(Enumerable.Range(0, 10_000).Select(static i => new Reading(i, i == 77 ? null : At("08:00").AddSeconds(i % 100 * 36), 1)).ToList(), null, Cancel);
        var typed = await LastAsync(table);
        Assert.True(typed.HasNulls);
        await table.AppendAsync(RowSource.Query("SELECT i AS id, TIMESTAMPTZ '2026-11-22 08:00:00Z' + to_seconds(i % 100 * 36) AS time, 1 AS n FROM range(10000) v(i) WHERE i <> 77"), null, Cancel);
        var queried = await LastAsync(table);
        Assert.Equal(typed.Spans, queried.Spans);
        Assert.False(queried.HasNulls || queried.IsCoarse || typed.IsCoarse);
        Assert.Equal(60, queried.Spans.Sum(static s => (s.End - s.Start).TotalMinutes));
    }

    [Fact]
    public async Task Days_and_times_without_zone_are_event_times_too()
    {
        var lake = _lakes.Open();
        var days = await lake.EnsureTableAsync(TableDefinition.Of<Daily>("gold.days", static d => d.Day), Cancel);
        await days.AppendAsync<Daily>([new("a", new DateOnly(2026, 11, 1), 1), new("b", new DateOnly(2026, 11, 2), 1), new("c", new DateOnly(2026, 11, 9), 1)], null, Cancel);
        Assert.Equal([Span("2026-11-01", "2026-11-03"), Span("2026-11-09", "2026-11-10")], (await LastAsync(days)).Spans);
        await days.AppendAsync(RowSource.Query("SELECT 'x' AS place, DATE '1969-12-31' + CAST(2 * i AS INTEGER) AS day, 1 AS n FROM range(2) v(i)"), null, Cancel);
        Assert.Equal([Span("1969-12-31", "1970-01-01"), Span("1970-01-02", "1970-01-03")], (await LastAsync(days)).Spans);

        var schema = new TableSchema([new Column("at", ColumnType.TimestampNtz), new Column("n", ColumnType.Integer)]);
        var local = await lake.EnsureTableAsync(new TableDefinition("silver.local", schema) { EventTime = "at", Properties = new Dictionary<string, string> { ["tarn.eventTimeGrain"] = "interval 1 hour" } }, Cancel);
        await local.AppendAsync(RowSource.Query("SELECT TIMESTAMP '2026-11-22 08:59:00' + to_minutes(i) AS at, 1 AS n FROM range(2) v(i)"), null, Cancel);
        Assert.Equal("08:00-10:00", Text(await LastAsync(local)));
    }

    [Fact]
    public async Task A_partition_column_can_be_the_event_time()
    {
        var schema = new TableSchema([new Column("day", ColumnType.Date), new Column("n", ColumnType.Integer)]);
        var table = await _lakes.Open().EnsureTableAsync(new TableDefinition("silver.parted", schema) { EventTime = "day", PartitionBy = ["day"] }, Cancel);
        await table.AppendAsync(RowSource.Query("SELECT CASE WHEN i = 3 THEN NULL ELSE DATE '2026-11-01' + CAST(2 * i AS INTEGER) END AS day, 1 AS n FROM range(4) v(i)"), null, Cancel);
        var touched = await LastAsync(table);
        Assert.Equal([Span("2026-11-01", "2026-11-02"), Span("2026-11-03", "2026-11-04"), Span("2026-11-05", "2026-11-06")], touched.Spans);
        Assert.Equal((true, false), (touched.HasNulls, touched.IsCoarse));
        await table.DeleteAsync("day = DATE '2026-11-03'", null, Cancel);
        Assert.Equal([Span("2026-11-03", "2026-11-04")], (await LastAsync(table)).Spans);
    }

    [Fact]
    public async Task A_keyed_merge_touches_what_it_changes_before_and_after_and_nothing_else()
    {
        var table = new KeyedTable<Event>(_lakes.Open(), "silver.events", static t => t.Key(static e => e.Id).Newest(static e => e.Updated).History(static e => e.Known).EventTime(static e => e.Time));
        await table.MergeAsync([Version("a", "08:00", 1), Version("b", "09:00", 1)], cancellationToken: Cancel);
        Assert.Equal("08:00-08:01 09:00-09:01", Text(await LastAsync(table.Table)));

        // One is as it was, one moves, one is older than what is there, and one is new.
        await table.MergeAsync([Version("a", "08:00", 1), Version("b", "09:30", 2), Version("a", "07:00", 0), Version("c", "10:00", 1)], cancellationToken: Cancel);
        Assert.Equal("09:00-09:01 09:30-09:31 10:00-10:01", Text(await LastAsync(table.Table)));
        Assert.Equal("07:00-07:01 09:00-09:01 09:30-09:31 10:00-10:01", Text(await LastAsync(table.HistoryTable!)));
        var before = (await table.Table.SnapshotAsync(null, Cancel)).Version;
        Assert.False((await table.MergeAsync([Version("c", "10:00", 1)], cancellationToken: Cancel)).Committed);
        await table.MergeAsync([Version("c", "10:00", 1)], [new("p", 1)], Cancel);
        Assert.Equal(before + 1, (await table.Table.SnapshotAsync(null, Cancel)).Version);
        Assert.True((await LastAsync(table.Table)).IsNothing);
    }

    [Fact]
    public async Task Packing_and_properties_touch_nothing_and_a_restore_what_it_removes()
    {
        var table = await TableAsync();
        await table.AppendAsync<Reading>([new(1, At("08:00"), 1)], null, Cancel);
        await table.AppendAsync<Reading>([new(2, At("09:00"), 1), new(3, At("09:20"), 1)], null, Cancel);
        await table.OptimizeAsync(Cancel);
        Assert.True((await LastAsync(table)).IsNothing);
        await table.SetPropertiesAsync(new Dictionary<string, string?> { ["x"] = "1" }, Cancel);
        Assert.True((await LastAsync(table)).IsNothing);
        await table.RestoreAsync(AsOf.Version(1), Cancel);
        var restored = await LastAsync(table);
        Assert.True(restored.IsCoarse && restored.Spans is [var only] && only.Start == At("08:00") && only.End == At("09:21"), Text(restored));
    }

    [Fact]
    public async Task More_spans_than_a_commit_tells_are_joined_over_the_narrowest_gaps()
    {
        var table = await TableAsync();
        await table.AppendAsync(Enumerable.Range(0, 4000).Select(static i => new Reading(i, At("00:00").AddMinutes(i < 2500 ? i * 2 : i * 4), 1)).ToList(), null, Cancel);
        var touched = await LastAsync(table);
        Assert.Equal((2000, true), (touched.Spans.Count, touched.IsCoarse));
        Assert.Equal(At("00:00").AddMinutes(15_996), touched.Spans[^1].Start);
        Assert.All(touched.Spans.Zip(touched.Spans.Skip(1)), static p => Assert.True(p.First.End < p.Second.Start));
    }

    [Fact]
    public async Task Times_far_apart_are_told_more_coarsely_rather_than_with_much_memory()
    {
        var table = await TableAsync();
        await table.AppendAsync(RowSource.Query("SELECT i AS id, TIMESTAMPTZ '0001-01-02 00:00:00Z' + to_days(CAST(i * 36 AS INTEGER)) AS time, 1 AS n FROM range(100000) v(i)"), null, Cancel);
        var touched = await LastAsync(table);
        Assert.True(touched.IsCoarse);
        Assert.Equal(2000, touched.Spans.Count);
        Assert.True(touched.Spans[0].Start < At("00:00").AddYears(-2020) && touched.Spans[^1].End > At("00:00").AddYears(7000));
    }

    [Fact]
    public async Task The_event_time_is_a_column_that_has_times_and_stays()
    {
        var table = await TableAsync();
        await Assert.ThrowsAsync<TarnException>(() => table.SetPropertiesAsync(new Dictionary<string, string?> { ["tarn.eventTime"] = "n" }, Cancel));
        await Assert.ThrowsAsync<TarnException>(() => table.SetPropertiesAsync(new Dictionary<string, string?> { ["tarn.eventTime"] = "none" }, Cancel));
        await Assert.ThrowsAsync<TarnException>(() => table.SetPropertiesAsync(new Dictionary<string, string?> { ["tarn.eventTimeGrain"] = "often" }, Cancel));
        await table.SetPropertiesAsync(new Dictionary<string, string?> { ["delta.columnMapping.mode"] = "name" }, Cancel);
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => table.DropColumnsAsync(["time"], Cancel))).Kind);
        await table.AppendAsync<Reading>([new(1, At("08:00"), 1)], null, Cancel);
        await table.RenameColumnAsync("time", "happened", Cancel);
        Assert.Equal("happened", (await table.SnapshotAsync(null, Cancel)).Properties["tarn.eventTime"]);
        await table.DeleteAsync("happened IS NOT NULL", null, Cancel);
        Assert.Equal("08:00-08:01", Text(await LastAsync(table)));

        // Of the name that it had then nothing is known by name; the files know.
        var first = (await _lakes.Open().TouchedSinceAsync(table.Name, 1, 10, Cancel)).First(static c => c.Touched is not { IsNothing: true });
        Assert.Equal(("08:00-08:01", true), (Text(first.Touched!), first.Touched!.IsCoarse));
    }

    [Fact]
    public async Task The_table_s_history_tells_it()
    {
        var table = await TableAsync();
        await table.AppendAsync<Reading>([new(1, At("08:00:10"), 1), new(2, null, 1)], null, Cancel);
        var version = (await table.HistoryAsync(1, Cancel))[0];
        Assert.Equal("08:00-08:01", Text(version.Touched!));
        await using var result = await _lakes.Open().Sql.QueryAsync(
            "SELECT version, epoch(s.\"start\"), epoch(s.\"end\") FROM (SELECT version, unnest(touched.spans) AS s FROM table_history('silver.readings') WHERE touched.nulls)", null, Cancel);
        var row = Assert.Single(await result.ToListAsync(Cancel));
        Assert.Equal([1L, (double)At("08:00").ToUnixTimeSeconds(), (double)At("08:01").ToUnixTimeSeconds()], row);
    }

    private async Task<LakeTable> TableAsync() =>
        await _lakes.Open().EnsureTableAsync(TableDefinition.Of<Reading>("silver.readings", static r => r.Time), Cancel);

    private static async Task<TouchedTimes> LastAsync(LakeTable table)
    {
        var version = (await table.SnapshotAsync(null, Cancel)).Version;
        var commit = Assert.Single(await table.Owner.TouchedSinceAsync(table.Name, version - 1, 10, Cancel));
        Assert.Equal(version, commit.Version);
        return commit.Touched!;
    }

    private static Event Version(string id, string time, int updated) => new(id, At(time), At("12:00").AddSeconds(updated), At("12:00").AddSeconds(updated), null, null, false, updated);

    internal static DateTimeOffset At(string time) => DateTimeOffset.Parse($"2026-11-22T{time}Z", CultureInfo.InvariantCulture);

    private static EventSpan Span(string from, string to) => new(DateTimeOffset.Parse(from + "T00:00Z", CultureInfo.InvariantCulture), DateTimeOffset.Parse(to + "T00:00Z", CultureInfo.InvariantCulture));

    private static string Text(TouchedTimes touched) => string.Join(' ', touched.Spans.Select(static s => string.Create(CultureInfo.InvariantCulture, $"{s.Start:HH:mm}-{s.End:HH:mm}")));
}
