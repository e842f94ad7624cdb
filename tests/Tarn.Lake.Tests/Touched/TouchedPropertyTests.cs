using System.Globalization;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>
/// Random writes of every kind, while a plain dictionary tells which minutes each touches: a commit says just these where it is not coarse, and no fewer where it is.
/// </summary>
public sealed class TouchedPropertyTests
{
    private const string Name = "silver.random";
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<long, Row> _rows = [];
    private readonly List<Dictionary<long, Row>> _states = [];
    private readonly List<string> _done = [];
    private readonly List<TouchedMinutes> _expected = [];
    private long _nextId;

    internal sealed record Row(long Id, DateTimeOffset? Time, int N, string Part);

    internal sealed record Keyed(long Id, DateTimeOffset? Time, long Updated);

    /// <summary>What a write touched: minutes since the start, and whether rows without a time; whether the commit may say more.</summary>
    private sealed record TouchedMinutes(HashSet<long> Minutes, bool Nulls, bool MayBeCoarse);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>TARN_TOUCHED: how many sequences; default 8.</summary>
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, int.Parse(Environment.GetEnvironmentVariable("TARN_TOUCHED") ?? "8", CultureInfo.InvariantCulture))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Commits_tell_the_minutes_that_they_touched(int seed)
    {
        await using var lakes = new Lakes(seed) { JudgesAtEnd = true };
        var random = new Random(seed);
        var properties = new Dictionary<string, string>
        {
            ["delta.enableDeletionVectors"] = seed % 2 == 0 ? "true" : "false",
            ["delta.enableChangeDataFeed"] = seed % 3 == 0 ? "true" : "false",
            ["delta.dataSkippingNumIndexedCols"] = seed % 5 == 0 ? "1" : "32",
        };
        if (seed % 4 == 0)
        {
            properties["delta.columnMapping.mode"] = "name";
        }

        var options = new LakeOptions { OptimizeAbove = 0, CheckpointInterval = 10, MinimumRetention = TimeSpan.Zero };
        var definition = TableDefinition.Of<Row>(Name, static r => r.Time) with { PartitionBy = seed % 3 == 1 ? ["part"] : [], Properties = properties };
        var table = await lakes.Open(options).EnsureTableAsync(definition, Cancel);
        _states.Add([]);
        try
        {
            for (var step = 0; step < 25; step++)
            {
                var before = new Dictionary<long, Row>(_rows);
                var expected = await StepAsync(table, random, step == 0 ? 0 : random.Next(11), definition.PartitionBy.Count > 0);
                var version = (await table.SnapshotAsync(null, Cancel)).Version;
                if (version < _states.Count)
                {
                    _done[^1] += " (nothing)";
                    Assert.True(expected.Minutes.Count == 0 && !expected.Nulls);
                    continue;
                }

                _states.Add(new(_rows));
                _expected.Add(expected);
                RequireCovers(before, expected);
                Require(expected, Assert.Single(await table.Owner.TouchedSinceAsync(Name, version - 1, 10, Cancel)).Touched);
            }

            // The same once more in pages, by another process.
            var all = new List<TouchedCommit>();
            while (await lakes.Open(options).TouchedSinceAsync(Name, all.Count, 7, Cancel) is { Count: > 0 } page)
            {
                all.AddRange(page);
            }

            Assert.Equal(_expected.Count, all.Count);
            Assert.All(all.Zip(_expected), static p => Require(p.Second, p.First.Touched));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"Seed {seed}:\n{string.Join('\n', _done)}\n{e.Message}", e);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Keyed_merges_tell_the_minutes_of_the_rows_that_they_change(int seed)
    {
        await using var lakes = new Lakes(seed) { JudgesAtEnd = true };
        var random = new Random(seed);
        var options = new LakeOptions { OptimizeAbove = seed % 2 == 0 ? 6 : 0, CheckpointInterval = 10 };
        var table = new KeyedTable<Keyed>(lakes.Open(options), "silver.keyed", t =>
        {
            t.Key(static e => e.Id).Newest(static e => e.Updated).EventTime(static e => e.Time);
            if (seed % 3 == 0)
            {
                t.PartitionBy(static e => e.Time, Grain.Day);
            }
        });
        var current = new Dictionary<long, Keyed>();
        for (var step = 0; step < 25; step++)
        {
            var batch = Enumerable.Range(0, random.Next(1, 20)).Select(_ => new Keyed(random.Next(40), Time(random), random.Next(6))).ToList();
            var before = new Dictionary<long, Keyed>(current);
            foreach (var row in batch.GroupBy(static r => r.Id).Select(static g => g.OrderDescending(Order).First()))
            {
                current[row.Id] = before.TryGetValue(row.Id, out var known) && Order.Compare(known, row) >= 0 ? known : row;
            }

            var touched = current.Where(p => before.GetValueOrDefault(p.Key) != p.Value).SelectMany(p => new[] { before.GetValueOrDefault(p.Key), p.Value }).OfType<Keyed>().Select(static r => r.Time);
            var result = await table.MergeAsync(batch, cancellationToken: Cancel);
            var expected = Minutes(touched, mayBeCoarse: false);
            if (!result.Committed)
            {
                Assert.True(expected.Minutes.Count == 0 && !expected.Nulls, $"Seed {seed}, step {step}");
                continue;
            }

            Require(expected, (await table.Table.Owner.TouchedSinceAsync("silver.keyed", result.Version - 1, 1, Cancel))[0].Touched);
        }
    }

    private static readonly IComparer<Keyed> Order = new VersionOrder<Keyed>(RowMapping<Keyed>.Instance, [RowMapping<Keyed>.Instance.Schema.Find("updated")!]);

    private async Task<TouchedMinutes> StepAsync(LakeTable table, Random random, int kind, bool partitioned)
    {
        var (divisor, rest) = (random.Next(2, 12), random.Next(4));
        var where = string.Create(CultureInfo.InvariantCulture, $"id % {divisor} = {rest}");
        var hit = _rows.Values.Where(r => r.Id % divisor == rest).ToList();
        _done.Add(string.Create(CultureInfo.InvariantCulture, $"{kind} {where}"));
        switch (kind)
        {
            case 0 or 1:
                var added = New(random, random.Next(1, 60));
                await table.AppendAsync(added, null, Cancel);
                return Minutes(added.Select(static r => r.Time), false);
            case 2:
                added = New(random, random.Next(1, 200));
                await table.AppendAsync(RowSource.Query(Select(added)), null, Cancel);
                return Minutes(added.Select(static r => r.Time), false);
            case 3:
                await table.DeleteAsync(where, null, Cancel);
                hit.ForEach(r => _rows.Remove(r.Id));
                return Minutes(hit.Select(static r => r.Time), false);
            case 4:
                await table.UpdateAsync(new Dictionary<string, string> { ["n"] = "n + 1" }, where, null, Cancel);
                hit.ForEach(r => _rows[r.Id] = r with { N = r.N + 1 });
                return Minutes(hit.Select(static r => r.Time), false);
            case 5:
                await table.UpdateAsync(new Dictionary<string, string> { ["time"] = "CASE WHEN id % 7 = 1 THEN NULL ELSE time + INTERVAL 90 MINUTE END" }, where, null, Cancel);
                hit.ForEach(r => _rows[r.Id] = r with { Time = r.Id % 7 == 1 ? null : r.Time?.AddMinutes(90) });
                return Minutes(hit.SelectMany(r => new[] { r.Time, _rows[r.Id].Time }), false);
            case 6 or 7:
                return await MergeAsync(table, random, kind == 6, divisor, rest);
            case 8:
                return await ReplaceAsync(table, random, where, divisor, rest, hit);
            case 9 when random.Next(3) == 0:
                return await OverwriteAsync(table, random, partitioned);
            case 9:
                await table.OptimizeAsync(Cancel);
                return Minutes([], false);
            default:
                return await RestoreAsync(table, random);
        }
    }

    private async Task<TouchedMinutes> MergeAsync(LakeTable table, Random random, bool ofSource, int divisor, int rest)
    {
        var known = _rows.Values.Where(r => r.Id % divisor == rest).ToList();
        var source = New(random, random.Next(0, 20), keep: false).Concat(known.Select(r => r with { Time = Time(random), N = r.N + 10 })).ToList();
        source = source.Count > 0 ? source : New(random, 1, keep: false);
        var others = _rows.Values.Where(r => !source.Exists(s => s.Id == r.Id)).ToList();
        var times = new List<DateTimeOffset?>();
        await table.MergeAsync(
            RowSource.Query(Select(source)),
            "target.id = source.id",
            m => _ = ofSource
                ? m.WhenMatchedDelete("source.id % 5 = 0").WhenMatchedUpdateAll().WhenNotMatchedInsertAll()
                : m.WhenMatchedUpdate(new Dictionary<string, string> { ["time"] = "target.time + INTERVAL 1 HOUR" }).WhenNotMatchedInsertAll("source.id % 2 = 0").WhenNotMatchedBySourceDelete("target.id % 9 = 0"),
            null, Cancel);
        foreach (var row in source)
        {
            if (!_rows.TryGetValue(row.Id, out var old))
            {
                if (ofSource || row.Id % 2 == 0)
                {
                    _rows[row.Id] = row;
                    times.Add(row.Time);
                }

                continue;
            }

            times.Add(old.Time);
            if (ofSource && row.Id % 5 == 0)
            {
                _rows.Remove(row.Id);
            }
            else
            {
                _rows[row.Id] = ofSource ? row : old with { Time = old.Time?.AddHours(1) };
                times.Add(_rows[row.Id].Time);
            }
        }

        foreach (var row in others.Where(r => !ofSource && r.Id % 9 == 0))
        {
            _rows.Remove(row.Id);
            times.Add(row.Time);
        }

        return Minutes(times, false);
    }

    private async Task<TouchedMinutes> ReplaceAsync(LakeTable table, Random random, string where, int divisor, int rest, List<Row> hit)
    {
        var added = New(random, 30, keep: false).Where(r => r.Id % divisor == rest).ToList();
        await table.OverwriteAsync(RowSource.Query(Select(added)), where, null, Cancel);
        hit.ForEach(r => _rows.Remove(r.Id));
        added.ForEach(r => _rows[r.Id] = r);
        return Minutes(hit.Concat(added).Select(static r => r.Time), false);
    }

    private async Task<TouchedMinutes> OverwriteAsync(LakeTable table, Random random, bool partitions)
    {
        var added = New(random, random.Next(1, 30), keep: false).Select(r => partitions ? r with { Part = "p1" } : r).ToList();
        await table.OverwriteAsync(RowSource.Query(Select(added)), null, new WriteOptions { PartitionOverwrite = partitions }, Cancel);
        var gone = _rows.Values.Where(r => !partitions || r.Part == "p1").ToList();
        gone.ForEach(r => _rows.Remove(r.Id));
        added.ForEach(r => _rows[r.Id] = r);
        return Minutes(gone.Concat(added).Select(static r => r.Time), true);
    }

    private async Task<TouchedMinutes> RestoreAsync(LakeTable table, Random random)
    {
        var version = random.Next(Math.Max(1, _states.Count - 4), _states.Count);
        await table.RestoreAsync(AsOf.Version(version), Cancel);
        var before = new Dictionary<long, Row>(_rows);
        _rows.Clear();
        foreach (var (id, row) in _states[version])
        {
            _rows[id] = row;
        }

        return Minutes(Changed(before), true);
    }

    /// <summary>The expectation itself: nothing that became different is left out of it.</summary>
    private void RequireCovers(Dictionary<long, Row> before, TouchedMinutes expected) =>
        Assert.Superset(Minutes(Changed(before), true).Minutes, expected.Minutes);

    private IEnumerable<DateTimeOffset?> Changed(Dictionary<long, Row> before) => before.Keys.Union(_rows.Keys)
        .Where(id => before.GetValueOrDefault(id) != _rows.GetValueOrDefault(id))
        .SelectMany(id => new[] { before.GetValueOrDefault(id), _rows.GetValueOrDefault(id) }).OfType<Row>().Select(static r => r.Time).ToList();

    private static void Require(TouchedMinutes expected, TouchedTimes? touched)
    {
        Assert.NotNull(touched);
        var minutes = new HashSet<long>();
        foreach (var span in touched.Spans)
        {
            for (var at = span.Start; at < span.End; at = at.AddMinutes(1))
            {
                Assert.True(minutes.Add(MinuteOf(at)), "Spans are apart.");
            }
        }

        if (expected.MayBeCoarse)
        {
            Assert.Superset(expected.Minutes, minutes);
            Assert.True(touched.IsCoarse || minutes.SetEquals(expected.Minutes), "More than was touched, and not said to be coarse.");
            Assert.True(touched.HasNulls || !expected.Nulls);
        }
        else
        {
            Assert.Equal(expected.Minutes.Order(), minutes.Order());
            Assert.Equal((expected.Nulls, false), (touched.HasNulls, touched.IsCoarse));
        }
    }

    private static TouchedMinutes Minutes(IEnumerable<DateTimeOffset?> times, bool mayBeCoarse)
    {
        var all = times.ToList();
        return new([.. all.OfType<DateTimeOffset>().Select(MinuteOf)], all.Contains(null), mayBeCoarse);
    }

    private static long MinuteOf(DateTimeOffset time) => (long)Math.Floor((time - Start).TotalMinutes);

    private List<Row> New(Random random, int count, bool keep = true)
    {
        var rows = Enumerable.Range(0, count).Select(_ => new Row(_nextId++, Time(random), random.Next(9), $"p{random.Next(3)}")).ToList();
        foreach (var row in keep ? rows : [])
        {
            _rows[row.Id] = row;
        }

        return rows;
    }

    private static DateTimeOffset? Time(Random random) => random.Next(12) == 0 ? null : Start.AddMicroseconds(random.NextInt64(3 * 86_400_000_000));

    private static string Select(List<Row> rows) => rows.Count == 0
        ? "SELECT 1 AS id, TIMESTAMPTZ '2026-11-22 00:00:00Z' AS time, 1 AS n, 'p' AS part WHERE false"
        : $"SELECT * FROM (VALUES {string.Join(", ", rows.Select(static r => string.Create(CultureInfo.InvariantCulture, $"({r.Id}, {(r.Time is { } t ? $"TIMESTAMPTZ '{t:yyyy-MM-dd HH:mm:ss.ffffff}Z'" : "NULL")}, {r.N}, '{r.Part}')")))}) v(id, time, n, part)";
}
