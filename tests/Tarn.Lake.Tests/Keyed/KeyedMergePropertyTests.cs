using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>
/// Random versions, in random order, cut at random into batches, merged by processes that die at random store calls and go on from the progress that the tables
/// hold: what the tables hold at the end is a function of the set of versions.
/// </summary>
public sealed class KeyedMergePropertyTests
{
    private const string App = "events/0";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Tables_are_a_function_of_the_set_of_versions(int seed)
    {
        await using var lakes = new Lakes(seed);
        var random = new Random(seed);
        var versions = Versions(random);
        var arrival = versions.Concat(versions.Where(_ => random.Next(4) == 0)).ToArray();
        random.Shuffle(arrival);
        var options = new LakeOptions { CheckpointInterval = 7, OptimizeAbove = 6, MergeCacheBytes = seed % 3 == 0 ? 0 : 1 << 20 };
        var deaths = 0;
        var store = new FaultyObjectStore(lakes.Local, call =>
        {
            if (random.Next(25) != 0)
            {
                return Fault.None;
            }

            deaths++;
            return call.Writes && random.Next(2) == 0 ? Fault.After : Fault.Before;
        });

        long next = 0;
        while (next < arrival.Length)
        {
            var table = KeyedTableTests.Events(lakes.Open(options, store));
            try
            {
                next = Math.Min(await ProgressAsync(table.Table), await ProgressAsync(table.HistoryTable!));
                while (next < arrival.Length)
                {
                    var batch = arrival.Skip((int)next).Take(random.Next(1, 12)).ToList();
                    await table.MergeAsync(batch, [new AppTransaction(App, next + batch.Count)], Cancel);
                    next += batch.Count;
                }
            }
            catch (TarnException e) when (e.Kind == ErrorKind.Unavailable)
            {
                // The process dies here; the next one knows what the store knows.
                next = 0;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: {versions.Count} versions, {deaths} faults");
        await RequireReferenceAsync(lakes, versions);
    }

    private static async Task RequireReferenceAsync(Lakes lakes, List<Event> versions)
    {
        var table = KeyedTableTests.Events(lakes.Open());
        var current = await table.Table.SnapshotAsync(null, Cancel);
        var history = await table.HistoryTable!.SnapshotAsync(null, Cancel);
        Assert.Equal(Lines(KeyedReference.Current(versions).Select(static e => Line(e))), lakes.Lines(current, KeyedColumns));
        Assert.Equal(
            Lines(KeyedReference.History(versions).Select(static p => $"{Line(p.Row)}|{Instant(p.ValidFrom)}|{(p.ValidTo is { } to ? Instant(to) : "")}")),
            lakes.Lines(history, $"{KeyedColumns}, {InstantSql("valid_from")}, {InstantSql("valid_to")}"));
        Assert.Equal(current.RowCount, KeyedReference.Current(versions).Count);

        // By key, from memory and from files, the same.
        var keys = versions.Select(static v => v.Id).Distinct().ToList();
        Assert.Equal(KeyedReference.Current(versions), (await table.FindAsync(keys, Cancel)).OrderBy(static e => e.Id, StringComparer.Ordinal));
    }

    private const string KeyedColumns = "id, epoch_us(time)::varchar, epoch_us(updated)::varchar, epoch_us(known)::varchar, magnitude::varchar, place, is_deleted::varchar, revision::varchar";

    private static string InstantSql(string column) => $"epoch_us({column})::varchar";

    private static string Line(Event e) => string.Join('|', e.Id, e.Time is { } t ? Instant(t) : "", Instant(e.Updated), Instant(e.Known),
        e.Magnitude is { } m ? FormattableString.Invariant($"{m:0.0###}") : "", e.Place, e.IsDeleted ? "true" : "false", e.Revision);

    private static string Instant(DateTimeOffset instant) => ((instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / 10).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static List<string> Lines(IEnumerable<string> lines) => [.. lines.Order(StringComparer.Ordinal)];

    private static async Task<long> ProgressAsync(LakeTable table) =>
        await table.ExistsAsync(Cancel) ? (await table.SnapshotAsync(null, Cancel)).TransactionVersion(App) ?? 0 : 0;

    private static List<Event> Versions(Random random)
    {
        var start = new DateTimeOffset(2026, 8, 30, 0, 0, 0, TimeSpan.Zero);
        var versions = new List<Event>();
        for (var key = 0; key < 25; key++)
        {
            var time = start.AddHours(random.Next(24 * 80));
            for (var i = random.Next(1, 7); i > 0; i--)
            {
                // Few distinct instants, so that ties, and instants out of step with the order, are common.
                var updated = start.AddMinutes(random.Next(6)).AddMicroseconds(random.Next(2));
                versions.Add(new Event(
                    $"k{key}", random.Next(8) == 0 ? null : time.AddDays(random.Next(3) == 0 ? 40 : 0), updated, updated.AddMinutes(random.Next(4)),
                    random.Next(5) == 0 ? null : random.Next(10) / 2.0, random.Next(3) == 0 ? null : $"place 'ä' {random.Next(3)}", random.Next(9) == 0, random.Next(3)));
            }
        }

        return [.. versions.Distinct()];
    }
}
