using System.Text;
using Tarn.Core;
using Tarn.Log;
using Xunit;

namespace Tarn.Contracts;

/// <summary>What every <see cref="TopicLog"/> promises. An implementation's tests derive from it; a test's log starts empty.</summary>
public abstract class TopicLogContract
{
    /// <summary>The running test's cancellation.</summary>
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens the test's log, with what it stored before; one is open at a time.</summary>
    protected abstract Task<TopicLog> OpenAsync();

    [Fact]
    public async Task Offsets_start_at_0_and_have_no_gaps()
    {
        await using var log = await OpenAsync();
        await log.CreateTopicAsync("events", cancellation: Cancellation);
        var offsets = new List<long>();
        for (var i = 0; i < 10; i++)
        {
            offsets.AddRange((await log.AppendAsync("events", Records("k", i, i + 1), Cancellation)).Select(static o => o.Offset));
        }

        Assert.Equal(Enumerable.Range(0, offsets.Count).Select(static i => (long)i), offsets);
        Assert.Equal(offsets.Count, (await log.DescribeTopicAsync("events", Cancellation)).Partitions[0].High);
    }

    [Fact]
    public async Task A_record_comes_back_as_it_was_given()
    {
        await using var log = await OpenAsync();
        await log.CreateTopicAsync("events", cancellation: Cancellation);
        var at = new DateTimeOffset(2018, 9, 30, 23, 59, 59, 123, TimeSpan.FromHours(9));
        RecordHeader[] headers = [new("a", Bytes("1")), new("a", Bytes("2")), new("größe", Array.Empty<byte>())];
        await log.AppendAsync(
            "events",
            [
                new NewRecord(Bytes("key"), Bytes("value"), at, headers),
                new NewRecord(Bytes("key"), null),
                new NewRecord(default, Array.Empty<byte>()),
            ],
            Cancellation);

        var records = await log.ReadAsync("events", 0, 0, ReadLimits.Default, Cancellation);

        Assert.Equal(3, records.Count);
        Assert.Equal("key", Text(records[0].Key));
        Assert.Equal("value", Text(records[0].Value!.Value));
        Assert.Equal(at, records[0].Timestamp);
        Assert.Equal(TimeSpan.Zero, records[0].Timestamp.Offset);
        Assert.Equal(headers.Select(static h => (h.Name, Text(h.Value))), records[0].Headers.Select(static h => (h.Name, Text(h.Value))));
        Assert.Equal(("events", 0, 0L), (records[0].Topic, records[0].Partition, records[0].Offset));
        Assert.Null(records[1].Value);
        Assert.Empty(records[1].Headers);
        Assert.Equal(0, records[2].Key.Length);
        Assert.Equal(0, records[2].Value!.Value.Length);
    }

    [Fact]
    public async Task Records_of_one_key_land_in_one_partition_in_order()
    {
        await using var log = await OpenAsync();
        await log.CreateTopicAsync("events", new TopicOptions { Partitions = 7 }, Cancellation);
        for (var round = 0; round < 5; round++)
        {
            await log.AppendAsync("events", [.. Enumerable.Range(0, 50).Select(k => New($"key {k}", $"{round}"))], Cancellation);
        }

        var seen = new Dictionary<string, List<(int Partition, string Value)>>();
        for (var p = 0; p < 7; p++)
        {
            foreach (var record in await log.ReadAsync("events", p, 0, ReadLimits.Default, Cancellation))
            {
                (seen.TryGetValue(Text(record.Key), out var list) ? list : seen[Text(record.Key)] = []).Add((p, Text(record.Value!.Value)));
            }
        }

        Assert.Equal(50, seen.Count);
        Assert.All(seen, static s => Assert.Equal(["0", "1", "2", "3", "4"], s.Value.Select(static v => v.Value)));
        Assert.All(seen, static s => Assert.Single(s.Value.Select(static v => v.Partition).Distinct()));
        Assert.All(seen, static s => Assert.Equal(KeyPartitioner.PartitionOf(Bytes(s.Key), 7), s.Value[0].Partition));
    }

    [Fact]
    public async Task An_append_over_partitions_returns_offsets_in_the_order_given()
    {
        await using var log = await OpenAsync();
        await log.CreateTopicAsync("events", new TopicOptions { Partitions = 3 }, Cancellation);
        NewRecord[] records = [.. Enumerable.Range(0, 30).Select(i => New($"k{i}", $"{i}") with { Partition = i % 4 == 3 ? i % 3 : null })];

        var offsets = await log.AppendAsync("events", records, Cancellation);

        for (var i = 0; i < records.Length; i++)
        {
            var read = await log.ReadAsync("events", offsets[i].Partition, offsets[i].Offset, new ReadLimits(1), Cancellation);
            Assert.Equal($"{i}", Text(read[0].Value!.Value));
            Assert.Equal(records[i].Partition ?? KeyPartitioner.PartitionOf(records[i].Key.Span, 3), offsets[i].Partition);
        }
    }

    [Fact]
    public async Task Everything_outlives_a_restart()
    {
        await using (var log = await OpenAsync())
        {
            await log.CreateTopicAsync("events", new TopicOptions { Partitions = 2, RetentionTime = TimeSpan.FromDays(3) }, Cancellation);
            await log.AppendAsync("events", Records("a", 0, 20), Cancellation);
            await log.CommitOffsetAsync("group", "events", 1, 7, Cancellation);
        }

        await using (var log = await OpenAsync())
        {
            var topic = Assert.Single(await log.ListTopicsAsync(Cancellation));
            Assert.Equal(("events", 2, (TimeSpan?)TimeSpan.FromDays(3)), (topic.Name, topic.Options.Partitions, topic.Options.RetentionTime));
            Assert.Equal(20, topic.Records);
            Assert.Equal(7, await log.CommittedOffsetAsync("group", "events", 1, Cancellation));
            var partition = KeyPartitioner.PartitionOf(Bytes("a"), 2);
            Assert.Equal(20, (await log.AppendAsync("events", [New("a", "next")], Cancellation))[0].Offset);
            Assert.Equal(21, (await log.ReadAsync("events", partition, 0, ReadLimits.Default, Cancellation)).Count);
        }
    }

    [Fact]
    public async Task Reading_obeys_its_limits_and_always_gets_on()
    {
        await using var log = await OpenAsync();
        await log.CreateTopicAsync("events", cancellation: Cancellation);
        await log.AppendAsync("events", [.. Enumerable.Range(0, 100).Select(i => New("k", new string('x', i * 100)))], Cancellation);

        Assert.Equal([3, 4, 5], (await log.ReadAsync("events", 0, 3, new ReadLimits(3), Cancellation)).Select(static r => r.Offset));
        Assert.Equal([99], (await log.ReadAsync("events", 0, 99, new ReadLimits(10, 1), Cancellation)).Select(static r => r.Offset));
        var next = 0L;
        while (await log.ReadAsync("events", 0, next, new ReadLimits(1000, 5000), Cancellation) is { Count: > 0 } records)
        {
            Assert.Equal(next, records[0].Offset);
            Assert.True(records.Count == 1 || records.Sum(static r => r.Value!.Value.Length) <= 5000);
            next = records[^1].Offset + 1;
        }

        Assert.Equal(100, next);
    }

    [Fact]
    public async Task Time_is_sought_by_the_first_record_at_or_after_it_even_where_timestamps_are_not_in_order()
    {
        await using var log = await OpenAsync();
        await log.CreateTopicAsync("events", cancellation: Cancellation);
        var start = new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);
        int[] seconds = [10, 5, 20, 20, 7, 30, 30, 1];
        await log.AppendAsync("events", [.. seconds.Select(s => New("k", "v") with { Timestamp = start.AddSeconds(s) })], Cancellation);
        for (var s = 0; s <= 31; s++)
        {
            var expected = Array.FindIndex(seconds, t => t >= s);
            Assert.Equal(expected < 0 ? seconds.Length : expected, await log.OffsetForTimeAsync("events", 0, start.AddSeconds(s), Cancellation));
        }
    }

    [Fact]
    public async Task A_reader_that_waits_is_woken_by_the_append()
    {
        await using var log = await OpenAsync();
        await log.CreateTopicAsync("events", cancellation: Cancellation);
        await log.AppendAsync("events", [New("k", "0")], Cancellation);
        await log.WaitForRecordsAsync("events", 0, 0, Cancellation);
        var waiting = log.WaitForRecordsAsync("events", 0, 2, Cancellation);
        await log.AppendAsync("events", [New("k", "1")], Cancellation);
        Assert.False(waiting.IsCompletedSuccessfully);
        await log.AppendAsync("events", [New("k", "2")], Cancellation);
        await waiting;
        Assert.Single(await log.ReadAsync("events", 0, 2, ReadLimits.Default, Cancellation));

        using var cancelled = new CancellationTokenSource();
        var forever = log.WaitForRecordsAsync("events", 0, 3, cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => forever);
    }

    [Fact]
    public async Task Live_views_are_told_of_appends()
    {
        await using var log = await OpenAsync();
        await log.CreateTopicAsync("events", cancellation: Cancellation);
        var told = new TaskCompletionSource<TopicAppended>(TaskCreationOptions.RunContinuationsAsynchronously);
        log.Appended += a => told.TrySetResult(a);
        await log.AppendAsync("events", Records("k", 0, 3), Cancellation);
        Assert.Equal(new TopicAppended("events", 0, 3), await told.Task.WaitAsync(Cancellation));
    }

    [Fact]
    public async Task Groups_keep_their_own_offsets()
    {
        await using var log = await OpenAsync();
        await log.CreateTopicAsync("events", new TopicOptions { Partitions = 2 }, Cancellation);
        await log.CreateTopicAsync("others", cancellation: Cancellation);
        Assert.Null(await log.CommittedOffsetAsync("a", "events", 0, Cancellation));
        await log.CommitOffsetAsync("b", "events", 1, 5, Cancellation);
        await log.CommitOffsetAsync("a", "others", 0, 1, Cancellation);
        await log.CommitOffsetAsync("a", "events", 0, 9, Cancellation);
        await log.CommitOffsetAsync("a", "events", 0, 3, Cancellation);

        Assert.Equal(3, await log.CommittedOffsetAsync("a", "events", 0, Cancellation));
        Assert.Null(await log.CommittedOffsetAsync("a", "events", 1, Cancellation));
        Assert.Equal(
            [("a", "events", 0, 3L), ("a", "others", 0, 1L), ("b", "events", 1, 5L)],
            (await log.ListGroupsAsync(Cancellation)).Select(static g => (g.Group, g.Topic, g.Partition, g.Offset)));
    }

    [Fact]
    public async Task Making_a_topic_again_changes_its_options_but_never_its_partitions()
    {
        await using var log = await OpenAsync();
        await log.CreateTopicAsync("events", new TopicOptions { Partitions = 2 }, Cancellation);
        await log.CreateTopicAsync("events", new TopicOptions { Partitions = 2 }, Cancellation);
        var changed = await log.CreateTopicAsync("events", new TopicOptions { Partitions = 2, RetentionTime = null }, Cancellation);
        Assert.Null(changed.Options.RetentionTime);
        await FailsAsync(ErrorKind.Conflict, () => log.CreateTopicAsync("events", new TopicOptions { Partitions = 3 }, Cancellation));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../up")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("_own")]
    [InlineData("é")]
    [InlineData("a\n")]
    public async Task A_name_that_breaks_the_rule_is_refused(string name)
    {
        await using var log = await OpenAsync();
        await FailsAsync(ErrorKind.InvalidInput, () => log.CreateTopicAsync(name, cancellation: Cancellation));
        await log.CreateTopicAsync("events", cancellation: Cancellation);
        await FailsAsync(ErrorKind.InvalidInput, () => log.CommitOffsetAsync(name, "events", 0, 0, Cancellation));
    }

    [Fact]
    public async Task What_is_not_there_is_named()
    {
        await using var log = await OpenAsync();
        await log.CreateTopicAsync("events", cancellation: Cancellation);
        await FailsAsync(ErrorKind.NotFound, () => log.DescribeTopicAsync("nothing", Cancellation));
        await FailsAsync(ErrorKind.NotFound, () => log.AppendAsync("nothing", [New("k", "v")], Cancellation));
        await FailsAsync(ErrorKind.NotFound, () => log.ReadAsync("nothing", 0, 0, ReadLimits.Default, Cancellation));
        await FailsAsync(ErrorKind.NotFound, () => log.ReadAsync("events", 1, 0, ReadLimits.Default, Cancellation));
        await FailsAsync(ErrorKind.NotFound, () => log.AppendAsync("events", [New("k", "v") with { Partition = 1 }], Cancellation));
        await FailsAsync(ErrorKind.InvalidInput, () => log.ReadAsync("events", 0, 1, ReadLimits.Default, Cancellation));
        Assert.Empty(await log.ReadAsync("events", 0, 0, ReadLimits.Default, Cancellation));
    }

    [Fact]
    public async Task A_record_too_large_is_refused_and_nothing_of_its_append_is_kept()
    {
        await using var log = await OpenAsync();
        await log.CreateTopicAsync("events", new TopicOptions { Partitions = 2, MaxRecordBytes = 2000 }, Cancellation);
        var error = await FailsAsync(
            ErrorKind.InvalidInput, () => log.AppendAsync("events", [New("a", "small"), New("b", "small"), New("c", new string('x', 2000))], Cancellation));
        Assert.Contains("2000", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await log.DescribeTopicAsync("events", Cancellation)).Records);
    }

    [Fact]
    public async Task Concurrent_appends_interleave_by_batch_and_lose_nothing()
    {
        await using var log = await OpenAsync();
        await log.CreateTopicAsync("events", cancellation: Cancellation);
        const int Writers = 8;
        const int Batches = 25;
        var reading = ReadAllAsync(log, Writers * Batches * 3);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(
            async () =>
            {
                for (var b = 0; b < Batches; b++)
                {
                    var offsets = await log.AppendAsync("events", [.. Enumerable.Range(0, 3).Select(i => New($"{w}", $"{w} {b} {i}"))], Cancellation);
                    Assert.Equal([offsets[0].Offset, offsets[0].Offset + 1, offsets[0].Offset + 2], offsets.Select(static o => o.Offset));
                }
            },
            Cancellation)));

        var values = await reading;
        for (var i = 0; i < values.Count; i += 3)
        {
            var batch = values[i][..^2];
            Assert.Equal([$"{batch} 0", $"{batch} 1", $"{batch} 2"], values[i..(i + 3)]);
        }

        Assert.Equal(Writers * Batches * 3, values.Distinct().Count());
        for (var w = 0; w < Writers; w++)
        {
            Assert.Equal(
                Enumerable.Range(0, Batches).Select(b => $"{w} {b} 0"),
                values.Where(v => v.StartsWith($"{w} ", StringComparison.Ordinal) && v.EndsWith(" 0", StringComparison.Ordinal)));
        }
    }

    /// <summary>A record of text.</summary>
    protected static NewRecord New(string key, string value) => new(Bytes(key), Bytes(value));

    /// <summary>Records of one key whose values are successive numbers.</summary>
    protected static NewRecord[] Records(string key, int first, int count) =>
        [.. Enumerable.Range(first, count).Select(i => New(key, i.ToString(System.Globalization.CultureInfo.InvariantCulture)))];

    /// <summary>UTF-8 bytes.</summary>
    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>UTF-8 text.</summary>
    protected static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    /// <summary>The error of an action that must fail with one of a kind.</summary>
    protected static async Task<TarnException> FailsAsync(ErrorKind kind, Func<Task> action)
    {
        var error = await Assert.ThrowsAsync<TarnException>(action);
        Assert.Equal(kind, error.Kind);
        return error;
    }

    private static async Task<List<string>> ReadAllAsync(TopicLog log, int count)
    {
        var values = new List<string>();
        while (values.Count < count)
        {
            await log.WaitForRecordsAsync("events", 0, values.Count, Cancellation);
            values.AddRange((await log.ReadAsync("events", 0, values.Count, new ReadLimits(7), Cancellation)).Select(static r => Text(r.Value!.Value)));
        }

        return values;
    }
}
