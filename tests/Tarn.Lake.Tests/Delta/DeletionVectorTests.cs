using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Deletion vectors: what is written reads back, what the protocol gives as examples reads as it says, and damage is named.</summary>
public sealed class DeletionVectorTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Z85_agrees_with_its_specification()
    {
        Assert.Equal("HelloWorld", Z85.Encode([0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B]));
        Assert.Equal([0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B], Z85.TryDecode("HelloWorld"));
        Assert.Null(Z85.TryDecode("Hell"));
        Assert.Null(Z85.TryDecode("\"\"\"\"\""));
        Assert.Null(Z85.TryDecode("#####"));
    }

    [Fact]
    public void The_checksum_is_the_usual_one() => Assert.Equal(0xCBF43926u, Crc32.Of("123456789"u8));

    [Fact]
    public async Task An_inline_vector_that_Spark_wrote_deletes_its_six_rows()
    {
        var descriptor = new DeletionVectorDescriptor("i", "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", null, 44, 6);
        var rows = await DeletionVectorFiles.ReadAsync(null!, "t", descriptor, Cancel);
        Assert.Equal([3, 4, 7, 11, 18, 29], rows.Rows());
    }

    [Fact]
    public void A_vector_under_a_UUID_lies_where_the_protocol_says() => Assert.Equal(
        "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin", DeletionVectorFiles.RelativePath(new("u", "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6)));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void What_is_written_reads_back(int seed)
    {
        var random = new Random(seed);
        var rows = new RowSet();
        var expected = new SortedSet<long>();
        foreach (var (start, span, count) in new[] { (0L, 100L, 40), (60_000L, 200_000L, 60_000), (1L << 33, 70_000L, 69_000), ((1L << 40) + 5, 10L, 3) })
        {
            for (var i = 0; i < count; i++)
            {
                var row = start + random.NextInt64(span);
                Assert.Equal(expected.Add(row), rows.Add(row));
            }
        }

        var read = RoaringFormat.Read(RoaringFormat.Write(rows), "here");
        Assert.Equal(expected.Count, read.Count);
        Assert.True(expected.SequenceEqual(read.Rows()), $"seed {seed}");
        Assert.Equal(expected.Max, read.Max);
        Assert.True(expected.All(read.Contains) && !read.Contains(expected.Max + 1), $"seed {seed}");
    }

    [Fact]
    public async Task A_file_of_several_vectors_gives_each_and_damage_is_named()
    {
        using var folder = new TemporaryDirectory();
        var store = new LocalObjectStore(folder.Path);
        RowSet a = new(), b = new();
        a.Add(5);
        for (var i = 0; i < 10_000; i += 2)
        {
            b.Add(i);
        }

        var (content, descriptors) = DeletionVectorFiles.Write(Guid.Parse("d2c639aa-8816-431a-aaf6-d3fe2512ff61"), [a, b]);
        var path = DeletionVectorFiles.PathInStore(store, "s/t", descriptors[0])!;
        Assert.Equal("s/t/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin", path);
        await store.PutAsync(path, content, Cancel);
        Assert.Equal([5], (await DeletionVectorFiles.ReadAsync(store, "s/t", descriptors[0], Cancel)).Rows());
        Assert.Equal(b.Rows(), (await DeletionVectorFiles.ReadAsync(store, "s/t", descriptors[1], Cancel)).Rows());
        Assert.Equal(b.Rows(), RoaringFormat.Read(Z85.TryDecode(DeletionVectorFiles.WriteInline(b).PathOrInlineDv).AsSpan(0, descriptors[1].SizeInBytes), "inline").Rows());

        for (var at = 1; at < content.Length; at += 37)
        {
            var damaged = content.ToArray();
            damaged[at] ^= 1;
            await store.PutAsync(path, damaged, Cancel);
            var first = at < descriptors[1].Offset;
            var error = await Assert.ThrowsAsync<TarnException>(() => DeletionVectorFiles.ReadAsync(store, "s/t", descriptors[first ? 0 : 1], Cancel).AsTask());
            Assert.Equal(ErrorKind.Corrupt, error.Kind);
        }

        await store.DeleteAsync(path, Cancel);
        var missing = await Assert.ThrowsAsync<TarnException>(() => DeletionVectorFiles.ReadAsync(store, "s/t", descriptors[0], Cancel).AsTask());
        Assert.Equal((ErrorKind.Corrupt, path), (missing.Kind, missing.Value));
    }
}
