using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Sets of bytes against sets of numbers.</summary>
public sealed class ByteRangesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void They_behave_as_sets_of_numbers_do(int seed)
    {
        var random = new Random(seed);
        var ranges = new ByteRanges();
        var numbers = new HashSet<long>();
        for (var step = 0; step < 2000; step++)
        {
            var start = random.Next(100);
            var range = new ByteRange(start, start + random.Next(15));
            var inIt = Enumerable.Range((int)range.Start, (int)range.Length).Select(static n => (long)n);
            if (random.Next(2) == 0)
            {
                ranges.Add(range);
                numbers.UnionWith(inIt);
            }
            else
            {
                ranges.Remove(range);
                numbers.ExceptWith(inIt);
            }

            Assert.True(ranges.Length == numbers.Count && Numbers(ranges).SequenceEqual(numbers.Order()), $"seed {seed}, step {step}");
            Assert.Equal(inIt.All(numbers.Contains), ranges.Contains(range));
            var wanted = new ByteRanges([new ByteRange(random.Next(60), random.Next(60, 120)), range]);
            Assert.True(Numbers(ranges.Missing(wanted)).SequenceEqual(Numbers(wanted).Where(n => !numbers.Contains(n))), $"seed {seed}, step {step}");
            Assert.All(ranges.Ranges.Zip(ranges.Ranges.Skip(1)), static pair => Assert.True(pair.First.End < pair.Second.Start));
        }
    }

    private static IEnumerable<long> Numbers(ByteRanges ranges) => ranges.Ranges.SelectMany(static r => Enumerable.Range((int)r.Start, (int)r.Length).Select(static n => (long)n));
}
