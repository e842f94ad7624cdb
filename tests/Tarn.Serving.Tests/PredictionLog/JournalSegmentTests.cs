using System.Buffers.Binary;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class JournalSegmentTests : IDisposable
{
    private const int Size = 64 << 10;
    private readonly TemporaryDirectory _directory = new(inMemory: true);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_record_that_is_cut_at_any_byte_is_no_record_and_those_before_it_are()
    {
        var path = Make("whole", 7);
        int last, end;
        using (var segment = Open(path, isLive: true))
        {
            Write(segment, 1, 20);
            Write(segment, 2, 333);
            last = Write(segment, 3, 100);
            end = last + RecordLayout.FixedBytes + 10 + 100;
        }

        var bytes = File.ReadAllBytes(path);
        Assert.Equal(3, Ids(path).Count);
        for (var cut = last; cut <= end; cut++)
        {
            var torn = bytes.ToArray();
            torn.AsSpan(cut).Clear();
            AssertRead(torn, cut == end ? 3 : 2, $"cut at byte {cut - last} of the last record");

            // What the disk keeps of a page need not be its beginning.
            torn = bytes.ToArray();
            torn.AsSpan(last + 8, cut - last).Clear();
            AssertRead(torn, cut == last ? 3 : 2, $"{cut - last} bytes after the first word are missing");
        }
    }

    [Fact]
    public void A_flipped_bit_is_found()
    {
        var path = Make("whole", 7);
        int last;
        using (var segment = Open(path, isLive: true))
        {
            Write(segment, 1, 20);
            last = Write(segment, 2, 40);
        }

        var bytes = File.ReadAllBytes(path);
        for (var bit = 0; bit < 8 * (RecordLayout.FixedBytes + 50); bit++)
        {
            var flipped = bytes.ToArray();
            flipped[last + (bit / 8)] ^= (byte)(1 << (bit % 8));
            AssertRead(flipped, 1, $"bit {bit}");
        }
    }

    [Fact]
    public void What_was_reserved_and_never_published_hides_nothing_behind_it()
    {
        var path = Make("holes", 7);
        using (var segment = Open(path, isLive: true))
        {
            Write(segment, 1, 20);
            Assert.True(segment.Reserve(1000) > 0);
            Write(segment, 2, 20);
            Assert.True(segment.Reserve(8) > 0);
            Assert.True(segment.Reserve(16) > 0);
            Write(segment, 3, 20);
            var offset = SegmentFile.FirstRecord;
            Assert.True(segment.TryRead(ref offset, out _, out _));
            Assert.False(segment.TryRead(ref offset, out _, out _), "a live segment waits for the writer");
        }

        Assert.Equal([1, 2, 3], Ids(path));
    }

    [Theory]
    [InlineData(7, false)]
    [InlineData(8, true)]
    public void Bytes_that_a_caller_sent_do_not_pass_for_a_record(uint salt, bool passes)
    {
        // A record of another file with the same positions is the best that a caller could send; only the salt is not his to know.
        var other = Make("other", 8);
        int at;
        using (var segment = Open(other, isLive: true))
        {
            Write(segment, 99, 20);
            at = Write(segment, 1, 20);
        }

        var forged = File.ReadAllBytes(other).AsSpan(at, RecordLayout.FixedBytes + 30).ToArray();
        var path = Make("torn", salt);
        using (var segment = Open(path, isLive: true))
        {
            Assert.True(segment.Reserve(1000) < at);
            Write(segment, passes ? 2 : 1, 20);
        }

        var bytes = File.ReadAllBytes(path);
        forged.CopyTo(bytes, at);
        AssertRead(bytes, passes ? 2 : 1, "the torn record holds another one");
    }

    [Fact]
    public void Every_record_is_read_once_and_in_order_while_several_write()
    {
        const int Seed = 11;
        const int Writers = 4;
        const int Each = 5000;
        var path = Make("concurrent", 7, 8 << 20);
        using var segment = Open(path, isLive: true);
        var written = new int[Writers];
        var threads = Enumerable.Range(0, Writers).Select(writer => new Thread(() =>
        {
            var random = new Random(Seed + writer);
            for (var i = 0; i < Each; i++)
            {
                Write(segment, (writer * Each) + i, random.Next(0, 200));
                Volatile.Write(ref written[writer], i + 1);
            }
        })).ToList();
        threads.ForEach(static t => t.Start());
        var (offset, before, next) = (SegmentFile.FirstRecord, -1L, new int[Writers]);
        for (var read = 0; read < Writers * Each;)
        {
            if (segment.TryRead(ref offset, out var position, out var record))
            {
                Assert.True(position > before, $"seed {Seed}: positions grow");
                before = position;
                var id = IdOf(record);
                Assert.True(next[id / Each]++ == id % Each, $"seed {Seed}: the records of a writer are in its order");
                read++;
            }
        }

        threads.ForEach(static t => t.Join());
        Assert.False(segment.TryRead(ref offset, out _, out _));
    }

    private static int Write(JournalSegment segment, int id, int payload)
    {
        Span<byte> head = stackalloc byte[RecordLayout.MaxHeadBytes];
        Span<byte> bytes = stackalloc byte[payload];
        bytes.Fill(0xAB);
        var entry = new PredictionEntry { Id = PredictionWorld.IdOf(id), At = DateTimeOffset.UnixEpoch, Endpoint = "endpoint", Model = "mo" };
        var length = RecordLayout.WriteHead(entry, default, new StoredPayload(PayloadKind.Json, bytes), head);
        var offset = segment.Reserve((length + payload + 7) & ~7);
        segment.Publish(offset, head[..length], default, bytes);
        return offset;
    }

    private void AssertRead(byte[] bytes, int records, string about)
    {
        var path = _directory.Combine("changed.journal");
        File.WriteAllBytes(path, bytes);
        var ids = Ids(path);
        Assert.True(Enumerable.Range(1, records).SequenceEqual(ids), $"{about}: {string.Join(", ", ids)} were read");
    }

    private static List<int> Ids(string path)
    {
        using var segment = Open(path, isLive: false);
        var (ids, offset) = (new List<int>(), SegmentFile.FirstRecord);
        while (segment.TryRead(ref offset, out _, out var record))
        {
            ids.Add(IdOf(record));
        }

        Assert.True(segment.EndsAt(offset));
        return ids;
    }

    private static int IdOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32BigEndian(record[16..]);

    private static JournalSegment Open(string path, bool isLive) => new(path, SegmentFile.Read(path, out _, out _)!.Value, isLive);

    private string Make(string name, uint salt, int size = Size)
    {
        var path = _directory.Combine(name + SegmentFile.Extension);
        SegmentFile.Make(path, new SegmentHead(PredictionWorld.IdOf(5), 1L << 30, size, salt));
        return path;
    }
}
