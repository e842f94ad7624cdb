using System.Diagnostics;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Log;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class PredictionLogTests : IAsyncDisposable
{
    private readonly PredictionWorld _world = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task What_is_recorded_comes_to_the_topic_as_it_was()
    {
        await using var log = await _world.OpenAsync();
        var (id, shadowOf) = (PredictionWorld.IdOf(1), PredictionWorld.IdOf(2));
        Assert.True(log.TryWrite(new PredictionEntry
        {
            Id = id,
            At = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddMicroseconds(123_456),
            Endpoint = "pizza",
            Model = "pizza-steak",
            Version = 12,
            Variant = "canary",
            Protocol = "open-inference",
            Latency = TimeSpan.FromMicroseconds(1500),
            Queue = TimeSpan.FromMicroseconds(300),
            BatchSize = 8,
            Caller = "Zoë",
            TraceId = "4bf92f3577b34da6a3ce929d0e0e4736",
            Status = 503,
            Error = "too \"late\"",
            InputsKind = PayloadKind.Json,
            Inputs = "{\"a\":[1,2]}"u8,
            OutputsKind = PayloadKind.Json,
            Outputs = "[\"é\"]"u8,
            IsShadow = true,
            ShadowOf = shadowOf,
        }));
        await log.DrainAsync(Cancellation);
        Assert.Equal(
            new PredictionRecord
            {
                PredictionId = id.ToString("n"),
                At = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddMicroseconds(123_456),
                Endpoint = "pizza",
                Model = "pizza-steak",
                Version = 12,
                Variant = "canary",
                Protocol = "open-inference",
                LatencyUs = 1500,
                QueueUs = 300,
                BatchSize = 8,
                Caller = "Zoë",
                TraceId = "4bf92f3577b34da6a3ce929d0e0e4736",
                Status = 503,
                Error = "too \"late\"",
                Inputs = "{\"a\":[1,2]}",
                InputsSha256 = Sha256("{\"a\":[1,2]}"),
                Outputs = "[\"é\"]",
                IsShadow = true,
                ShadowOf = shadowOf.ToString("n"),
            },
            Assert.Single(await _world.TopicAsync()).Value);
        var stored = (await _world.Topics.ReadAsync("predictions", 0, 0, ReadLimits.Default, Cancellation))[0];
        Assert.Contains("\"prediction_id\":", System.Text.Encoding.UTF8.GetString(stored.Value!.Value.Span), StringComparison.Ordinal);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 12, 0, 0, 123, TimeSpan.Zero), stored.Timestamp);
    }

    [Fact]
    public async Task What_is_empty_is_null_and_what_is_too_long_is_cut_at_a_character()
    {
        await using var log = await _world.OpenAsync();
        Assert.True(log.TryWrite(new PredictionEntry { Id = PredictionWorld.IdOf(1), At = DateTimeOffset.UnixEpoch, Endpoint = "e", Model = "", Caller = new string('é', 200), Error = new string('x', 2000) }));
        await log.DrainAsync(Cancellation);
        var value = Assert.Single(await _world.TopicAsync()).Value;
        Assert.Equal(new string('é', 128), value.Caller);
        Assert.Equal(1024, value.Error!.Length);
        Assert.Equal((null, null, null, null, null, null), (value.Version, value.Variant, value.Inputs, value.InputsSha256, value.Outputs, value.ShadowOf));
    }

    [Theory]
    [InlineData(true, 4096, true)]
    [InlineData(true, 4097, false)]
    [InlineData(false, 10, false)]
    public async Task Of_inputs_that_are_not_kept_there_is_the_hash(bool keep, int length, bool kept)
    {
        await using var log = await _world.OpenAsync(PredictionWorld.Small with { KeepInputs = keep });
        var text = "\"" + new string('z', length - 2) + "\"";
        Assert.True(log.TryWrite(new PredictionEntry
        {
            Id = PredictionWorld.IdOf(1),
            At = DateTimeOffset.UnixEpoch,
            Endpoint = "e",
            Model = "m",
            InputsKind = PayloadKind.Json,
            Inputs = System.Text.Encoding.UTF8.GetBytes(text),
            OutputsKind = PayloadKind.Json,
            Outputs = System.Text.Encoding.UTF8.GetBytes(text),
        }));
        await log.DrainAsync(Cancellation);
        var value = Assert.Single(await _world.TopicAsync()).Value;
        Assert.Equal(Sha256(text), value.InputsSha256);
        Assert.Equal(kept ? text : null, value.Inputs);
        Assert.Equal(length <= 4096 ? text : $$"""{"sha256":"{{Sha256(text)}}","bytes":4097}""", value.Outputs);
    }

    [Fact]
    public async Task Inputs_that_are_not_kept_are_not_on_the_disk()
    {
        await using (var log = await _world.OpenAsync(PredictionWorld.Small with { KeepInputs = false }))
        {
            Assert.True(PredictionWorld.Write(log, 1));
        }

        var bytes = await File.ReadAllBytesAsync(Directory.GetFiles(_world.Journal, "*.journal").Order().First(), Cancellation);
        Assert.True(bytes.AsSpan().IndexOf("xxxxxxxx"u8) < 0);
        Assert.True(bytes.AsSpan().IndexOf("pizza-steak"u8) > 0);
    }

    [Fact]
    public async Task Many_files_are_gone_through_and_removed_once_they_are_in_the_topic()
    {
        const int Writers = 4;
        const int Each = 1500;
        await using var log = await _world.OpenAsync();
        var done = false;
        var pump = Task.Run(async () =>
        {
            while (!Volatile.Read(ref done))
            {
                await log.DrainAsync(Cancellation);
            }
        }, Cancellation);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                Assert.True(PredictionWorld.Write(log, (writer * Each) + i));
            }
        })));
        Volatile.Write(ref done, true);
        await pump;
        await log.DrainAsync(Cancellation);
        await _world.AssertOnceAsync(Enumerable.Range(0, Writers * Each), "all writers");
        Assert.Equal(new PredictionLogStatus(0, 1, Writers * Each, 0, null), log.Status);
        Assert.InRange(Directory.GetFiles(_world.Journal, "*.journal").Length, 1, 2);
    }

    [Fact]
    public async Task What_was_left_in_the_journal_comes_to_the_topic_with_the_next_process_and_once()
    {
        for (var round = 0; round < 4; round++)
        {
            await using var log = await _world.OpenAsync();
            for (var i = 0; i < 300; i++)
            {
                Assert.True(PredictionWorld.Write(log, (round * 300) + i));
                if (round == 2 && i == 100)
                {
                    await log.DrainAsync(Cancellation);
                }
            }
        }

        await using var last = await _world.OpenAsync();
        await last.DrainAsync(Cancellation);
        await _world.AssertOnceAsync(Enumerable.Range(0, 1200), "four processes");
        Assert.Equal(1, last.Status.Segments);
    }

    [Fact]
    public async Task What_is_in_the_topic_is_not_moved_again_when_retention_has_removed_it()
    {
        await _world.Topics.CreateTopicAsync("predictions", new TopicOptions { RetentionTime = TimeSpan.FromHours(1), SegmentAge = TimeSpan.FromHours(1) }, Cancellation);
        await using (var log = await _world.OpenAsync())
        {
            Assert.True(PredictionWorld.Write(log, 1));
            await log.DrainAsync(Cancellation);
        }

        _world.Time.Advance(TimeSpan.FromHours(3));
        await _world.Topics.RetainAsync(Cancellation);
        _world.Time.Advance(TimeSpan.FromHours(3));
        await _world.Topics.RetainAsync(Cancellation);
        Assert.Empty(await _world.TopicAsync());
        await using var next = await _world.OpenAsync();
        Assert.True(PredictionWorld.Write(next, 2));
        await next.DrainAsync(Cancellation);
        await _world.AssertOnceAsync([2], "after retention");
    }

    [Fact]
    public async Task A_journal_that_is_full_refuses_or_drops_and_takes_more_once_the_topic_does()
    {
        var (broken, options) = (true, PredictionWorld.Small with { MaxUnmovedBytes = 128 << 10 });
        var topics = new FaultyTopicLog(_world.Topics, () => broken ? AppendFault.Before : AppendFault.None);
        await using var log = await _world.OpenAsync(options, topics);
        var number = 0;
        while (PredictionWorld.Write(log, number))
        {
            number++;
        }

        Assert.InRange(number, 300, 600);
        Assert.Equal(1, log.Status.Dropped);
        await Assert.ThrowsAsync<TarnException>(() => log.DrainAsync(Cancellation));
        var error = Assert.Throws<TarnException>(() => log.Write(PredictionWorld.Entry(PredictionWorld.IdOf(-1))));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("The test lets the append fail", error.Value, StringComparison.Ordinal);
        broken = false;
        await log.DrainAsync(Cancellation);
        Assert.True(PredictionWorld.Write(log, number++));
        await log.DrainAsync(Cancellation);
        await _world.AssertOnceAsync(Enumerable.Range(0, number), "after it was full");
        Assert.Null(log.Status.Error);
    }

    [Fact]
    public async Task A_journal_that_drops_throws_nothing()
    {
        await using var log = await _world.OpenAsync(PredictionWorld.Small with { MaxUnmovedBytes = 128 << 10, WhenFull = WhenJournalFull.Drop });
        for (var i = 0; i < 1000; i++)
        {
            log.Write(PredictionWorld.Entry(PredictionWorld.IdOf(i)));
        }

        await log.DrainAsync(Cancellation);
        Assert.Equal(1000, log.Status.Moved + log.Status.Dropped);
        Assert.True(log.Status.Dropped > 0);
    }

    [Fact]
    public async Task The_pump_looks_again_after_its_interval_and_tries_again_after_a_fault()
    {
        var faults = new Queue<AppendFault>([AppendFault.None, AppendFault.After, AppendFault.Before]);
        var topics = new FaultyTopicLog(_world.Topics, () => faults.TryDequeue(out var fault) ? fault : AppendFault.None);
        await using var log = await _world.OpenAsync(topics: topics);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var run = log.RunAsync(stop.Token);
        for (var i = 0; i < 4; i++)
        {
            Assert.True(PredictionWorld.Write(log, i));
            var there = _world.Topics.WaitForRecordsAsync("predictions", 0, i, Cancellation);
            while (!there.IsCompleted)
            {
                _world.Time.Advance(TimeSpan.FromMilliseconds(200));
                await Task.Yield();
            }
        }

        await stop.CancelAsync();
        await run;
        await log.DrainAsync(Cancellation);
        await _world.AssertOnceAsync(Enumerable.Range(0, 4), "faults");
    }

    [Fact]
    public async Task After_it_is_closed_nothing_is_recorded_and_nobody_is_harmed()
    {
        var log = await _world.OpenAsync();
        var (taken, started) = (0, new SemaphoreSlim(0));
        var writers = Enumerable.Range(0, 3).Select(writer => Task.Run(() =>
        {
            for (var i = 0; i < 100_000 && PredictionWorld.Write(log, (writer * 100_000) + i, 10); i++)
            {
                Interlocked.Increment(ref taken);
                if (i == 50)
                {
                    started.Release();
                }
            }
        }, Cancellation)).ToList();
        await started.WaitAsync(Cancellation);
        await log.DisposeAsync();
        await Task.WhenAll(writers);
        Assert.False(PredictionWorld.Write(log, -1));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => log.DrainAsync(Cancellation));
        await using var next = await _world.OpenAsync();
        await next.DrainAsync(Cancellation);
        Assert.Equal(taken, (await _world.TopicAsync()).Count);
    }

    [Fact]
    public async Task A_second_process_is_kept_out()
    {
        await using var log = await _world.OpenAsync();
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => _world.OpenAsync())).Kind);
    }

    [Fact]
    public async Task A_file_that_is_no_journal_is_moved_aside_and_one_that_was_not_finished_is_removed()
    {
        await using (var log = await _world.OpenAsync())
        {
            Assert.True(PredictionWorld.Write(log, 1));
        }

        await File.WriteAllBytesAsync(Path.Combine(_world.Journal, "0000000090.journal"), new byte[5000], Cancellation);
        await File.WriteAllBytesAsync(Path.Combine(_world.Journal, "0000000091.journal"), [1, 2, 3], Cancellation);
        var recorded = new RecordedLog();
        using var logs = new Microsoft.Extensions.Logging.LoggerFactory([recorded]);
        await using var next = await _world.OpenAsync(logs: logs);
        Assert.True(PredictionWorld.Write(next, 2));
        await next.DrainAsync(Cancellation);
        await _world.AssertOnceAsync([1, 2], "beside a damaged file");
        Assert.Equal(6851, Assert.Single(recorded.Lines).Event);
        Assert.True(File.Exists(Path.Combine(_world.Journal, "0000000091.journal.damaged")));
        Assert.False(File.Exists(Path.Combine(_world.Journal, "0000000090.journal")));
    }

    [Fact]
    public async Task A_prediction_that_the_topic_cannot_take_loses_its_payload_and_stops_nobody()
    {
        await _world.Topics.CreateTopicAsync("predictions", new TopicOptions { MaxRecordBytes = 2048 }, Cancellation);
        await using var log = await _world.OpenAsync();
        Assert.True(PredictionWorld.Write(log, 1, 3000));
        Assert.True(PredictionWorld.Write(log, 2));
        await log.DrainAsync(Cancellation);
        var found = await _world.TopicAsync();
        Assert.Equal(2, found.Count);
        Assert.Null(found[0].Value.Inputs);
        Assert.Equal(64, found[0].Value.InputsSha256!.Length);
        Assert.NotNull(found[1].Value.Inputs);
    }

    [Fact]
    public async Task Records_of_others_in_the_topic_are_no_obstacle()
    {
        await using (var log = await _world.OpenAsync())
        {
            Assert.True(PredictionWorld.Write(log, 1));
            await log.DrainAsync(Cancellation);
        }

        var others = PredictionTopics.Predictions(_world.Topics);
        await others.ProduceAsync(Enumerable.Range(100, 3000).Select(static n => new PredictionRecord { PredictionId = PredictionWorld.IdOf(n).ToString("n"), At = DateTimeOffset.UnixEpoch, Endpoint = "e", Model = "m" }), cancellation: Cancellation);
        await using var next = await _world.OpenAsync();
        Assert.True(PredictionWorld.Write(next, 2));
        await next.DrainAsync(Cancellation);
        Assert.Single(await _world.TopicAsync(), static f => f.Value.PredictionId == PredictionWorld.IdOf(1).ToString("n"));
        Assert.Equal(3002, (await _world.TopicAsync()).Count);
    }

    [Theory]
    [InlineData(true, 1000)]
    [InlineData(false, 1000)]
    [InlineData(true, 0)]
    public async Task Recording_allocates_nothing(bool keep, int payload)
    {
        await using var log = await _world.OpenAsync(new PredictionLogOptions { KeepInputs = keep });
        Fill(log, 500, payload);
        var elapsed = TimeSpan.Zero;
        Assert.Equal(0, Garbage.LeastOf(() =>
        {
            var started = Stopwatch.GetTimestamp();
            Fill(log, 5000, payload);
            elapsed = Stopwatch.GetElapsedTime(started);
        }));
        TestContext.Current.TestOutputHelper?.WriteLine($"{elapsed.TotalNanoseconds / 5000:0} ns a record");

        static void Fill(PredictionLog log, int count, int payload)
        {
            for (var i = 0; i < count; i++)
            {
                if (!PredictionWorld.Write(log, i, payload))
                {
                    throw new InvalidOperationException("not recorded");
                }
            }
        }
    }

    [Fact]
    public void Options_out_of_their_ranges_are_told_all_at_once()
    {
        var error = Assert.Throws<TarnException>(() => new PredictionLogOptions { SegmentBytes = 1000, MaxInputBytes = -1, BatchRecords = 0 }.Validate());
        foreach (var name in (string[])["SegmentBytes", "MaxInputBytes", "BatchRecords"])
        {
            Assert.Contains(name, error.Value, StringComparison.Ordinal);
        }
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
}
