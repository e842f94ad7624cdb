using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Log.Tests;

/// <summary>A disk that is full or fails: a clear error, nothing half-written visible, and the log usable again.</summary>
public sealed class DiskFaultTests : IDisposable
{
    private readonly LogDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("each-append")]
    [InlineData("none")]
    public async Task A_full_disk_fails_the_append_at_any_byte_and_leaves_no_trace(string policy)
    {
        await using (var log = await MakeAsync(FlushPolicy.Parse(policy)))
        {
            await log.AppendAsync("events", [LogDirectory.Record(0)], Cancellation);
            var length = new FileInfo(_directory.Segments[0]).Length;
            for (var room = 0; room < 120; room += 7)
            {
                _directory.Faults.BytesBeforeFull = (_, _, wanted) => Math.Min(room, wanted);
                var error = await Assert.ThrowsAsync<TarnException>(() => log.AppendAsync("events", [LogDirectory.Record(7), LogDirectory.Record(8), LogDirectory.Record(9)], Cancellation));
                Assert.Equal(ErrorKind.Unavailable, error.Kind);
                Assert.Contains("none left", error.Message, StringComparison.Ordinal);
                Assert.Equal(length, new FileInfo(_directory.Segments[0]).Length);
                Assert.Equal([0], await LogDirectory.ReadAllAsync(log));
            }

            _directory.Faults.BytesBeforeFull = null;
            Assert.Equal(1, (await log.AppendAsync("events", [LogDirectory.Record(1)], Cancellation))[0].Offset);
        }

        await using var again = _directory.Open();
        Assert.Equal([0, 1], await LogDirectory.ReadAllAsync(again));
    }

    [Fact]
    public async Task A_disk_that_is_full_while_a_segment_is_begun_leaves_the_old_one_in_use()
    {
        await using (var log = await MakeAsync(FlushPolicy.EachAppend, segmentBytes: 64 << 10))
        {
            for (var i = 0; i < 70; i++)
            {
                await log.AppendAsync("events", [LogDirectory.Record(i, 1000)], Cancellation);
                if (_directory.Segments.Length == 1 && new FileInfo(_directory.Segments[0]).Length >= 64 << 10)
                {
                    _directory.Faults.BytesBeforeFull = static (path, position, wanted) => position == 0 ? 10 : wanted;
                    await Assert.ThrowsAsync<TarnException>(() => log.AppendAsync("events", [LogDirectory.Record(-1)], Cancellation));
                    Assert.Single(_directory.Segments);
                    _directory.Faults.BytesBeforeFull = null;
                }
            }
        }

        await using var again = _directory.Open();
        Assert.Equal(Enumerable.Range(0, 70), await LogDirectory.ReadAllAsync(again));
        Assert.Equal(2, _directory.Segments.Length);
    }

    [Fact]
    public async Task A_flush_that_fails_takes_back_what_it_was_for_and_only_that()
    {
        await using (var log = await MakeAsync(FlushPolicy.EachAppend))
        {
            await log.AppendAsync("events", [LogDirectory.Record(0)], Cancellation);
            _directory.Faults.BeforeFlush = static _ => throw new IOException("Input/output error (injected)");
            var failing = Enumerable.Range(100, 20).Select(i => Task.Run(() => log.AppendAsync("events", [LogDirectory.Record(i)], Cancellation), Cancellation)).ToList();
            foreach (var append in failing)
            {
                Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<TarnException>(() => append)).Kind);
            }

            _directory.Faults.BeforeFlush = null;
            Assert.Equal([0], await LogDirectory.ReadAllAsync(log));
            Assert.Equal(1, (await log.AppendAsync("events", [LogDirectory.Record(1)], Cancellation))[0].Offset);
        }

        await using var again = _directory.Open();
        Assert.Equal([0, 1], await LogDirectory.ReadAllAsync(again));
    }

    [Fact]
    public async Task Appends_under_a_disk_that_fails_now_and_then_are_either_acknowledged_and_there_or_failed_and_absent()
    {
        var acknowledged = new SortedDictionary<long, int>();
        await using (var log = await MakeAsync(FlushPolicy.EachAppend, segmentBytes: 64 << 10))
        {
            var random = new Random(3);
            _directory.Faults.BeforeFlush = _ => Maybe(random, 0.2);
            _directory.Faults.BytesBeforeFull = (_, _, wanted) => Chance(random, 0.1) ? Roll(random, wanted) : wanted;
            await Task.WhenAll(Enumerable.Range(0, 4).Select(w => Task.Run(
                async () =>
                {
                    for (var i = 0; i < 150; i++)
                    {
                        try
                        {
                            var number = (w * 1000) + i;
                            var at = await log.AppendAsync("events", [LogDirectory.Record(number, 300), LogDirectory.Record(-number, 300)], Cancellation);
                            lock (acknowledged)
                            {
                                acknowledged.Add(at[0].Offset, number);
                                acknowledged.Add(at[1].Offset, -number);
                            }
                        }
                        catch (TarnException error) when (error.Kind == ErrorKind.Unavailable)
                        {
                        }
                    }
                },
                Cancellation)));
            _directory.Faults.BeforeFlush = null;
            _directory.Faults.BytesBeforeFull = null;
            Assert.Equal(acknowledged.Values, await LogDirectory.ReadAllAsync(log));
        }

        Assert.InRange(acknowledged.Count, 100, 1199);
        Assert.Equal(Enumerable.Range(0, acknowledged.Count).Select(static i => (long)i), acknowledged.Keys);
        await using var again = _directory.Open();
        Assert.Equal(acknowledged.Values, await LogDirectory.ReadAllAsync(again));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_written_is_named()
    {
        using var root = new TemporaryDirectory();
        var file = root.Combine("file");
        await File.WriteAllTextAsync(file, "in the way", Cancellation);
        var error = Assert.Throws<TarnException>(() => new SegmentTopicLog(Path.Combine(file, "log"), _directory.Time, _directory.Logs));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_log_on_the_directory_is_refused()
    {
        await using var log = _directory.Open();
        var error = Assert.Throws<TarnException>(() => _directory.Open());
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        Assert.Contains(_directory.Path, error.Message, StringComparison.Ordinal);
    }

    /// <summary>A real full disk, where the test may mount one.</summary>
    [Fact]
    public async Task A_really_full_disk_is_survived()
    {
        using var root = new TemporaryDirectory();
        if (!OperatingSystem.IsLinux() || await MountAsync("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", root.Path) != 0)
        {
            Assert.Skip("Mounting a small file system needs Linux and root.");
        }

        try
        {
            var numbers = 0;
            await using (var log = new SegmentTopicLog(root.Combine("log"), _directory.Time, _directory.Logs))
            {
                await log.CreateTopicAsync("events", new TopicOptions { SegmentBytes = 256 << 10, RetentionBytes = 1 }, Cancellation);
                for (var rounds = 0; rounds < 3; rounds++)
                {
                    var error = await Assert.ThrowsAsync<TarnException>(async () =>
                    {
                        while (true)
                        {
                            await log.AppendAsync("events", [LogDirectory.Record(numbers, 5000), LogDirectory.Record(numbers + 1, 5000)], Cancellation);
                            numbers += 2;
                        }
                    });
                    Assert.Equal(ErrorKind.Unavailable, error.Kind);
                    var low = (await log.DescribeTopicAsync("events", Cancellation)).Partitions[0].Low;
                    Assert.Equal(Enumerable.Range((int)low, numbers - (int)low), await LogDirectory.ReadAllAsync(log, low));
                    Assert.True(await log.RetainAsync(Cancellation) > 0);
                }
            }

            await using var again = new SegmentTopicLog(root.Combine("log"), _directory.Time, _directory.Logs);
            Assert.Equal(numbers, (await again.DescribeTopicAsync("events", Cancellation)).Partitions[0].High);
        }
        finally
        {
            await MountAsync("umount", root.Path);
        }
    }

    private static async Task<int> MountAsync(string command, params string[] arguments)
    {
        try
        {
            await using var program = ChildProgram.StartCommand(command, arguments);
            return await program.WaitForExitAsync(Cancellation);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }

    private static void Maybe(Random random, double share)
    {
        if (Chance(random, share))
        {
            throw new IOException("Input/output error (injected)");
        }
    }

    private static bool Chance(Random random, double share)
    {
        lock (random)
        {
            return random.NextDouble() < share;
        }
    }

    private static int Roll(Random random, int below)
    {
        lock (random)
        {
            return random.Next(below);
        }
    }

    private async Task<SegmentTopicLog> MakeAsync(FlushPolicy flush, long segmentBytes = 64 << 20)
    {
        var log = _directory.Open();
        await log.CreateTopicAsync("events", new TopicOptions { Flush = flush, SegmentBytes = segmentBytes }, Cancellation);
        return log;
    }
}
