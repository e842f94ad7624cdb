using System.Globalization;
using Tarn.Native;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Of files elsewhere no more is fetched than what is read, and nothing is read that was not fetched.</summary>
public sealed class ColumnFetchTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_column_of_a_wide_table_costs_a_small_part_of_it()
    {
        await using var files = new RemoteFiles();
        var size = files.WriteWide("t/wide", columns: 40, rows: 100_000);
        var lake = files.Open();
        using var local = await lake.Files.OpenAsync("t/wide", size, new ColumnSet(["c17"]), Cancel);
        Assert.Equal(files.Truth("t/wide", "SELECT sum(c17) FROM @file"), RemoteFiles.Scalar(local.Path, "SELECT sum(c17) FROM @file"));
        Assert.InRange(files.Store.BytesFetched, size / 40, size / 20);
        Assert.Equal(files.Store.BytesFetched, lake.Cache.Bytes);
    }

    [Fact]
    public async Task Nothing_is_read_of_what_was_not_fetched()
    {
        await using var files = new RemoteFiles();
        var size = files.WriteWide("t/wide", columns: 20, rows: 60_000);
        var lake = files.Open();
        using var local = await lake.Files.OpenAsync("t/wide", size, new ColumnSet(["C3", "c11"]), Cancel);
        Assert.True(Spoil(local.Path, lake, files) > size / 2);
        foreach (var sql in new[]
        {
            "SELECT sum(c3) FROM @file", "SELECT count(*) FROM @file", "SELECT count(c11) FROM @file WHERE c3 > 5000000000000000000",
            "SELECT max(c11) FROM @file WHERE c3 = (SELECT min(c3) FROM @file)", "SELECT sum(file_row_number) FROM read_parquet(@path, file_row_number = true) WHERE c11 < 2000000000000000000",
            "SELECT c11 FROM @file ORDER BY c3 LIMIT 1", "SELECT sum(c3 % 1000 + c11 // 2) FROM read_parquet(@path, schema = MAP {'c3': {name: 'c3', type: 'BIGINT', default_value: NULL}, 'c11': {name: 'c11', type: 'BIGINT', default_value: NULL}})",
        })
        {
            Assert.Equal(files.Truth("t/wide", sql), RemoteFiles.Scalar(local.Path, sql));
        }
    }

    [Fact]
    public async Task A_column_that_was_not_fetched_is_an_error_and_never_zeros()
    {
        await using var files = new RemoteFiles();
        var size = files.WriteWide("t/wide", columns: 20, rows: 60_000);
        using var local = await files.Open().Files.OpenAsync("t/wide", size, new ColumnSet(["c3"]), Cancel);
        Assert.Throws<DuckDbException>(() => RemoteFiles.Scalar(local.Path, "SELECT sum(c12) FROM @file"));
    }

    [Fact]
    public async Task Further_columns_add_to_what_is_there_until_all_is()
    {
        await using var files = new RemoteFiles();
        var size = files.WriteWide("t/wide", columns: 20, rows: 60_000);
        var lake = files.Open();
        var fetched = new List<long>();
        foreach (var columns in new string[]?[] { ["c3"], ["c3"], ["c3", "c9"], null, ["c5"] })
        {
            using var local = await lake.Files.OpenAsync("t/wide", size, columns is null ? null : new ColumnSet(columns), Cancel);
            foreach (var column in columns ?? ["c0", "c19"])
            {
                Assert.Equal(files.Truth("t/wide", $"SELECT sum({column}) FROM @file"), RemoteFiles.Scalar(local.Path, $"SELECT sum({column}) FROM @file"));
            }

            fetched.Add(files.Store.BytesFetched);
            Assert.Equal(columns is null, (await File.ReadAllBytesAsync(local.Path, Cancel)).AsSpan().SequenceEqual(files.Content("t/wide")) && columns is null);
        }

        Assert.True(fetched[0] == fetched[1] && fetched[1] < fetched[2] && fetched[2] < fetched[3] && fetched[3] == fetched[4], string.Join(' ', fetched));
        Assert.InRange(fetched[3], size, size + (size / 10));
    }

    [Fact]
    public async Task Nested_columns_odd_names_and_field_ids_are_told_apart()
    {
        await using var files = new RemoteFiles();
        var size = files.Write(
            "t/odd",
            """
            SELECT (hash(i) >> 1)::BIGINT AS "a, b", {x: (hash(i + 1) >> 1)::BIGINT, y: [(hash(i + 2) >> 1)::BIGINT, (hash(i + 3) >> 1)::BIGINT]} AS "s", MAP {hash(i + 4)::VARCHAR: (hash(i + 5) >> 1)::BIGINT} AS "m, k",
                   (hash(i + 6) >> 1)::BIGINT AS a, hash(i + 7)::VARCHAR AS "ü.'é" FROM range(60000) r(i)
            """,
            ", ROW_GROUP_SIZE 20480, FIELD_IDS {'a, b': 11, 's': 12, 'm, k': 13, 'a': 14, 'ü.''é': 15}");
        foreach (var (columns, sql) in new (ColumnSet, string)[]
        {
            (new ColumnSet(["a"]), "sum(a)"), (new ColumnSet(["S"]), "sum(s.x // 2 + s.y[2] // 2)"), (new ColumnSet(["a, b"]), "sum(\"a, b\")"), (new ColumnSet(["m, k"]), "sum(map_values(\"m, k\")[1])"),
            (new ColumnSet([], [15]), "max(\"ü.'é\")"), (new ColumnSet(["nothing of the kind"], [14, 12]), "sum(a // 2 - s.y[1] // 2)"), (new ColumnSet([]), "count(*)"),
        })
        {
            await using var fresh = new RemoteFiles();
            Directory.CreateDirectory(Path.GetDirectoryName(fresh.CacheFolder)!);
            fresh.Write("t/odd", "SELECT 1 AS x");
            fresh.Replace("t/odd", files.Content("t/odd"));
            var lake = fresh.Open();
            using var local = await lake.Files.OpenAsync("t/odd", size, columns, Cancel);
            Spoil(local.Path, lake, fresh);
            Assert.Equal(files.Truth("t/odd", $"SELECT {sql} FROM @file"), RemoteFiles.Scalar(local.Path, $"SELECT {sql} FROM @file"));
            Assert.True(fresh.Store.BytesFetched < size, $"{sql}: all {size} bytes were fetched");
        }
    }

    [Fact]
    public async Task Any_columns_in_any_order_by_several_readers_at_once_are_right()
    {
        await using var files = new RemoteFiles();
        var size = files.WriteWide("t/wide", columns: 24, rows: 40_000, rowGroup: 10_240);
        var truth = Enumerable.Range(0, 24).Select(c => files.Truth("t/wide", $"SELECT sum(c{c}) FROM @file")).ToArray();
        foreach (var seed in new[] { 1, 2, 3 })
        {
            var lake = files.Open();
            await Parallel.ForAsync(0, 6, Cancel, async (reader, cancel) =>
            {
                var random = new Random((seed * 100) + reader);
                for (var round = 0; round < 6; round++)
                {
                    var columns = Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(24)).ToList();
                    using var local = await lake.Files.OpenAsync("t/wide", size, new ColumnSet(columns.Select(static c => $"c{c}")), cancel);
                    foreach (var column in columns)
                    {
                        Assert.True(truth[column]!.Equals(RemoteFiles.Scalar(local.Path, $"SELECT sum(c{column}) FROM @file")), $"seed {seed}, reader {reader}, round {round}, column {column}");
                    }
                }
            });
        }
    }

    [Fact]
    public async Task A_file_that_is_no_parquet_file_or_shorter_than_the_log_says_is_named()
    {
        await using var files = new RemoteFiles();
        var size = files.WriteWide("t/wide", columns: 4, rows: 20_000);
        var lake = files.Open();
        files.Replace("t/wide", files.Content("t/wide")[..(int)(size - 1000)]);
        var error = await Assert.ThrowsAsync<Core.TarnException>(() => lake.Files.OpenAsync("t/wide", size, new ColumnSet(["c1"]), Cancel).AsTask());
        Assert.Contains("t/wide", error.Message, StringComparison.Ordinal);
        Assert.Contains(size.ToString(CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
        files.Replace("t/wide", new byte[size]);
        error = await Assert.ThrowsAsync<Core.TarnException>(() => lake.Files.OpenAsync("t/wide", size, new ColumnSet(["c1"]), Cancel).AsTask());
        Assert.Equal(Core.ErrorKind.Corrupt, error.Kind);
    }

    /// <summary>Writes rubbish over all bytes of the local file that were not fetched; returns how many.</summary>
    private static long Spoil(string file, Lake lake, RemoteFiles files)
    {
        var record = CacheRecord.Read(file + ".json") ?? throw new InvalidOperationException($"{file} has no record ({files.CacheFolder}).");
        var holes = new ByteRanges([new ByteRange(0, record.Size)]);
        for (var i = 0; i < record.Filled.Length; i += 2)
        {
            holes.Remove(new ByteRange(record.Filled[i], record.Filled[i + 1]));
        }

        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        foreach (var hole in holes.Ranges)
        {
            var rubbish = new byte[hole.Length];
            new Random(1).NextBytes(rubbish);
            RandomAccess.Write(handle, rubbish, hole.Start);
        }

        Assert.Equal(lake.Cache.Bytes, record.Size - holes.Length);
        return holes.Length;
    }
}
