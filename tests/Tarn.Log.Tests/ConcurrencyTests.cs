using Tarn.Core;
using Xunit;

namespace Tarn.Log.Tests;

/// <summary>Readers, writers, retention and flushes at the same time.</summary>
public sealed class ConcurrencyTests : IDisposable
{
    private readonly LogDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Appends_that_arrive_during_a_flush_share_the_next_one()
    {
        await using var log = _directory.Open();
        await log.CreateTopicAsync("events", cancellation: Cancellation);
        await log.AppendAsync("events", [LogDirectory.Record(0)], Cancellation);
        using var release = new ManualResetEventSlim();
        var flushing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var flushes = 0;
        _directory.Faults.BeforeFlush = path =>
        {
            Interlocked.Increment(ref flushes);
            flushing.TrySetResult();
            release.Wait(Cancellation);
        };

        var appends = new List<Task<IReadOnlyList<TopicOffset>>> { log.AppendAsync("events", [LogDirectory.Record(1)], Cancellation) };
        await flushing.Task.WaitAsync(Cancellation);
        for (var i = 2; i < 100; i++)
        {
            appends.Add(log.AppendAsync("events", [LogDirectory.Record(i)], Cancellation));
        }

        // Nobody reads what the disk does not have yet.
        Assert.DoesNotContain(appends, static a => a.IsCompleted);
        Assert.Equal([0], await LogDirectory.ReadAllAsync(log));
        release.Set();
        var offsets = await Task.WhenAll(appends);
        _directory.Faults.BeforeFlush = null;

        Assert.Equal(2, flushes);
        Assert.Equal(Enumerable.Range(1, 99).Select(static i => (long)i), offsets.Select(static o => o[0].Offset));
        Assert.Equal(Enumerable.Range(0, 100), await LogDirectory.ReadAllAsync(log));
    }

    [Fact]
    public async Task Retention_under_a_reader_gives_records_or_a_clear_error_and_never_a_gap()
    {
        await using var log = _directory.Open(maxOpenFiles: 8);
        await log.CreateTopicAsync("events", new TopicOptions { SegmentBytes = 64 << 10, RetentionBytes = 200 << 10, Flush = FlushPolicy.None }, Cancellation);
        const int Count = 6000;
        var done = false;
        var writer = Task.Run(
            async () =>
            {
                for (var i = 0; i < Count; i += 4)
                {
                    await log.AppendAsync("events", [.. Enumerable.Range(i, 4).Select(static n => LogDirectory.Record(n, 500))], Cancellation);
                    if (i % 40 == 0)
                    {
                        await log.RetainAsync(Cancellation);
                    }
                }

                Volatile.Write(ref done, true);
            },
            Cancellation);
        var readers = Enumerable.Range(0, 3).Select(reader => Task.Run(
            async () =>
            {
                var (next, jumps) = (0L, 0);
                while (next < Count)
                {
                    try
                    {
                        var records = await log.ReadAsync("events", 0, next, new ReadLimits(1 + (reader * 50)), Cancellation);
                        foreach (var record in records)
                        {
                            Assert.Equal(next, record.Offset);
                            Assert.Equal(next++, LogDirectory.Number(record));
                        }

                        if (records.Count == 0)
                        {
                            await log.WaitForRecordsAsync("events", 0, next, Cancellation);
                        }
                    }
                    catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
                    {
                        jumps++;
                        next = (await log.DescribeTopicAsync("events", Cancellation)).Partitions[0].Low;
                    }
                }

                return jumps;
            },
            Cancellation)).ToList();

        await writer;
        await Task.WhenAll(readers);
        Assert.True(done);
        Assert.InRange((await log.DescribeTopicAsync("events", Cancellation)).Bytes, 200 << 10, (200 << 10) + (3 * (64 << 10)));
    }

    [Fact]
    public async Task A_thousand_waiting_readers_are_woken_by_one_append()
    {
        await using var log = _directory.Open();
        await log.CreateTopicAsync("events", cancellation: Cancellation);
        var readers = Enumerable.Range(0, 1000).Select(_ => log.WaitForRecordsAsync("events", 0, 0, Cancellation)).ToList();
        Assert.DoesNotContain(readers, static r => r.IsCompleted);
        await log.AppendAsync("events", [LogDirectory.Record(0)], Cancellation);
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task Closing_the_log_ends_waiting_and_refuses_further_use()
    {
        var log = _directory.Open();
        await log.CreateTopicAsync("events", cancellation: Cancellation);
        var waiting = log.WaitForRecordsAsync("events", 0, 0, Cancellation);
        await log.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => log.AppendAsync("events", [LogDirectory.Record(0)], Cancellation));
        await log.DisposeAsync();
    }

    [Fact]
    public async Task A_handler_of_the_event_that_fails_does_not_fail_the_append()
    {
        await using var log = _directory.Open();
        await log.CreateTopicAsync("events", new TopicOptions { Flush = FlushPolicy.None }, Cancellation);
        log.Appended += static _ => throw new InvalidOperationException("a live view's fault");
        Assert.Equal(0, (await log.AppendAsync("events", [LogDirectory.Record(0)], Cancellation))[0].Offset);
        Assert.Contains(_directory.Logs.Lines, static l => l.Event == 2007);
    }

    [Fact]
    public async Task An_interval_flushes_once_after_the_appends_of_the_interval()
    {
        await using var log = _directory.Open();
        await log.CreateTopicAsync("events", new TopicOptions { Flush = FlushPolicy.Every(TimeSpan.FromSeconds(1)) }, Cancellation);
        await log.AppendAsync("events", [LogDirectory.Record(0)], Cancellation);
        var flushes = 0;
        _directory.Faults.BeforeFlush = _ => flushes++;
        await log.AppendAsync("events", [LogDirectory.Record(1)], Cancellation);
        Assert.Equal([0, 1], await LogDirectory.ReadAllAsync(log));
        Assert.Equal(0, flushes);
        _directory.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, flushes);
        _directory.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(1, flushes);
        await log.AppendAsync("events", [LogDirectory.Record(2)], Cancellation);
        _directory.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, flushes);
    }
}
