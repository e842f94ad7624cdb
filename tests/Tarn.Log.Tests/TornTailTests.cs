using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Log.Tests;

/// <summary>What a crash or damage leaves in the files, and what opening and reading make of it.</summary>
public sealed class TornTailTests : IDisposable
{
    private readonly LogDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_last_batch_cut_at_any_byte_is_dropped_whole_and_the_log_goes_on()
    {
        await AppendAsync(0, 3);
        await AppendAsync(3, 1);
        var whole = new FileInfo(_directory.Segments[0]).Length;
        await AppendAsync(4, 3);
        var bytes = await File.ReadAllBytesAsync(_directory.Segments[0], Cancellation);
        for (var length = whole; length < bytes.Length; length++)
        {
            await File.WriteAllBytesAsync(_directory.Segments[0], bytes[..(int)length], Cancellation);
            await using var log = _directory.Open();
            Assert.Equal([0, 1, 2, 3], await LogDirectory.ReadAllAsync(log));
            Assert.Equal(4, (await log.AppendAsync("events", [LogDirectory.Record(99)], Cancellation))[0].Offset);
            Assert.Equal([0, 1, 2, 3, 99], await LogDirectory.ReadAllAsync(log));
        }

        Assert.Equal(bytes.Length - whole - 1, _directory.Logs.Lines.Count(static l => l.Event == 2001));
    }

    [Fact]
    public async Task A_bit_flipped_anywhere_in_the_last_batch_drops_that_batch()
    {
        await AppendAsync(0, 2);
        var whole = new FileInfo(_directory.Segments[0]).Length;
        await AppendAsync(2, 2);
        var bytes = await File.ReadAllBytesAsync(_directory.Segments[0], Cancellation);
        for (var bit = whole * 8; bit < bytes.Length * 8; bit++)
        {
            var damaged = bytes.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (int)(bit % 8));
            await File.WriteAllBytesAsync(_directory.Segments[0], damaged, Cancellation);
            await using var log = _directory.Open();
            Assert.Equal([0, 1], await LogDirectory.ReadAllAsync(log));
        }
    }

    [Fact]
    public async Task Garbage_and_zeros_behind_the_last_batch_are_removed()
    {
        await AppendAsync(0, 5);
        var bytes = await File.ReadAllBytesAsync(_directory.Segments[0], Cancellation);
        var random = new Random(5);
        for (var round = 0; round < 40; round++)
        {
            var garbage = new byte[random.Next(1, 5000)];
            if (round % 2 == 0)
            {
                random.NextBytes(garbage);
            }

            await File.WriteAllBytesAsync(_directory.Segments[0], [.. bytes, .. garbage], Cancellation);
            await using var log = _directory.Open();
            Assert.Equal([0, 1, 2, 3, 4], await LogDirectory.ReadAllAsync(log));
            Assert.Equal(bytes.Length, new FileInfo(_directory.Segments[0]).Length);
        }
    }

    [Fact]
    public async Task Damage_in_the_last_segment_with_whole_records_behind_it_keeps_the_removed_bytes_aside()
    {
        for (var i = 0; i < 10; i++)
        {
            await AppendAsync(i, 1);
        }

        var bytes = await File.ReadAllBytesAsync(_directory.Segments[0], Cancellation);
        var frame = (bytes.Length - Segment.HeaderLength) / 10;
        var at = Segment.HeaderLength + (4 * frame);
        bytes[at + 50] ^= 1;
        await File.WriteAllBytesAsync(_directory.Segments[0], bytes, Cancellation);
        await using var log = _directory.Open();
        Assert.Equal([0, 1, 2, 3], await LogDirectory.ReadAllAsync(log));
        var aside = Assert.Single(Directory.GetFiles(Path.GetDirectoryName(_directory.Segments[0])!, "*.damaged"));
        Assert.Equal(bytes[at..], await File.ReadAllBytesAsync(aside, Cancellation));
        Assert.Contains(_directory.Logs.Lines, l => l.Event == 2002 && l.Text.Contains(aside, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_bit_flipped_in_an_earlier_segment_is_an_error_that_names_file_and_position_and_never_a_gap(bool withIndex)
    {
        await FillSegmentsAsync();
        var segments = _directory.Segments;
        Assert.True(segments.Length >= 4);
        var target = segments[1];
        var bytes = await File.ReadAllBytesAsync(target, Cancellation);
        var baseOffset = int.Parse(Path.GetFileNameWithoutExtension(target), System.Globalization.CultureInfo.InvariantCulture);
        var random = new Random(11);
        for (var round = 0; round < 40; round++)
        {
            var damaged = bytes.ToArray();
            var position = random.Next(Segment.HeaderLength, bytes.Length);
            damaged[position] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(target, damaged, Cancellation);
            if (!withIndex)
            {
                File.Delete(Path.ChangeExtension(target, ".index"));
            }

            await using var log = _directory.Open();
            var frame = FrameAt(bytes, position, out var before);
            Assert.Equal(Enumerable.Range(0, baseOffset + before), (await ReadUntilErrorAsync(log)).Numbers);
            var error = (await ReadUntilErrorAsync(log)).Error;
            Assert.Equal(ErrorKind.Corrupt, error?.Kind);
            Assert.Contains(target, error!.Message, StringComparison.Ordinal);
            Assert.Contains(FormattableString.Invariant($"byte {frame}"), error.Message, StringComparison.Ordinal);

            // Later segments are whole: they can be read, and the log be appended to.
            var later = long.Parse(Path.GetFileNameWithoutExtension(segments[2]), System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(later, (await LogDirectory.ReadAllAsync(log, later))[0]);
            await log.AppendAsync("events", [LogDirectory.Record(1)], Cancellation);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public async Task An_earlier_segment_that_ends_too_soon_is_an_error(int cut)
    {
        await FillSegmentsAsync();
        var target = _directory.Segments[1];
        var bytes = await File.ReadAllBytesAsync(target, Cancellation);
        var end = cut == 60 ? FrameAt(bytes, bytes.Length - 1, out _) : bytes.Length - cut;
        await File.WriteAllBytesAsync(target, bytes[..end], Cancellation);
        await using var log = _directory.Open();
        var (numbers, error) = await ReadUntilErrorAsync(log);
        Assert.Equal(ErrorKind.Corrupt, error?.Kind);
        Assert.Contains(target, error!.Message, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, numbers.Count), numbers);
    }

    [Fact]
    public async Task A_missing_or_damaged_index_is_made_again()
    {
        await FillSegmentsAsync();
        var indexes = _directory.Indexes;
        File.Delete(indexes[0]);
        await File.WriteAllBytesAsync(indexes[1], [1, 2, 3], Cancellation);
        var third = await File.ReadAllBytesAsync(indexes[2], Cancellation);
        third[^1] ^= 0x10;
        await File.WriteAllBytesAsync(indexes[2], third, Cancellation);
        await using var log = _directory.Open();
        var all = await LogDirectory.ReadAllAsync(log);
        Assert.Equal(Enumerable.Range(0, all.Count), all);
        for (var offset = 0; offset < all.Count; offset += 37)
        {
            Assert.Equal(offset, LogDirectory.Number((await log.ReadAsync("events", 0, offset, new ReadLimits(1), Cancellation))[0]));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    [InlineData(32)]
    public async Task A_crash_while_a_segment_was_begun_leaves_a_header_that_is_mended(int length)
    {
        await AppendAsync(0, 5);
        var next = Path.Combine(Path.GetDirectoryName(_directory.Segments[0])!, Segment.FileName(5, ".log"));
        await File.WriteAllBytesAsync(next, new byte[length], Cancellation);
        await using (var log = _directory.Open())
        {
            Assert.Equal(5, (await log.AppendAsync("events", [LogDirectory.Record(5)], Cancellation))[0].Offset);
        }

        await using var again = _directory.Open();
        Assert.Equal([0, 1, 2, 3, 4, 5], await LogDirectory.ReadAllAsync(again));
    }

    private static int FrameAt(byte[] bytes, int position, out int before)
    {
        var at = Segment.HeaderLength;
        for (before = 0; ; before++)
        {
            var length = BitConverter.ToInt32(bytes, at);
            if (position < at + length)
            {
                return at;
            }

            at += length;
        }
    }

    private static async Task<(List<int> Numbers, TarnException? Error)> ReadUntilErrorAsync(TopicLog log)
    {
        var numbers = new List<int>();
        try
        {
            while (await log.ReadAsync("events", 0, numbers.Count, new ReadLimits(1), Cancellation) is { Count: > 0 } records)
            {
                numbers.AddRange(records.Select(LogDirectory.Number));
            }

            return (numbers, null);
        }
        catch (TarnException error)
        {
            return (numbers, error);
        }
    }

    private async Task AppendAsync(int first, int count)
    {
        await using var log = _directory.Open();
        await log.CreateTopicAsync("events", cancellation: Cancellation);
        await log.AppendAsync("events", [.. Enumerable.Range(first, count).Select(static i => LogDirectory.Record(i, 30))], Cancellation);
    }

    private async Task FillSegmentsAsync()
    {
        await using var log = _directory.Open();
        await log.CreateTopicAsync("events", new TopicOptions { SegmentBytes = 64 << 10, Flush = FlushPolicy.None }, Cancellation);
        for (var i = 0; i < 600; i += 3)
        {
            await log.AppendAsync("events", [.. Enumerable.Range(i, 3).Select(static n => LogDirectory.Record(n, 400))], Cancellation);
        }
    }
}
