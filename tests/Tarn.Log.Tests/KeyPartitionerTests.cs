using System.Text;
using Xunit;

namespace Tarn.Log.Tests;

public sealed class KeyPartitionerTests
{
    /// <summary>The values of Kafka's own unit test of its murmur2.</summary>
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void Hashes_as_Kafka_does(string key, int hash) => Assert.Equal(hash, KeyPartitioner.Murmur2(Encoding.UTF8.GetBytes(key)));

    [Fact]
    public void Every_partition_is_in_range_and_gets_its_share()
    {
        var counts = new int[12];
        for (var i = 0; i < 12_000; i++)
        {
            counts[KeyPartitioner.PartitionOf(Encoding.UTF8.GetBytes($"us{i:x}"), counts.Length)]++;
        }

        Assert.All(counts, static c => Assert.InRange(c, 850, 1150));
    }
}
