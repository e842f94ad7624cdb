using System.Globalization;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Log.Tests;

/// <summary>A writer killed at random instants loses nothing that it was told is stored, and leaves no part of a batch.</summary>
public sealed class KillTests : IDisposable
{
    private readonly LogDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("each-append", 1)]
    [InlineData("none", 2)]
    [InlineData("00:00:00.0100000", 3)]
    public async Task Kill_9_in_the_middle_of_appends_loses_nothing_acknowledged(string flush, int seed)
    {
        var random = new Random(seed);
        var acknowledged = new Dictionary<long, int>();
        var high = 0L;
        for (var round = 0; round < 5; round++)
        {
            var groups = await RunUntilKilledAsync(flush, random.Next(1, 60), acknowledged);
            await using var log = _directory.Open();
            var numbers = await LogDirectory.ReadAllAsync(log);
            Assert.True(numbers.Count > high);
            high = numbers.Count;
            AssertWholeBatches(numbers);
            foreach (var (offset, count) in acknowledged)
            {
                Assert.Equal(Enumerable.Range(count * 10, count), numbers.Skip((int)offset).Take(count));
            }

            foreach (var (group, offset) in groups)
            {
                Assert.True(await log.CommittedOffsetAsync(group, "events", 0, Cancellation) >= offset, $"{group} went back.");
            }
        }
    }

    private static void AssertWholeBatches(List<int> numbers)
    {
        for (var i = 0; i < numbers.Count;)
        {
            var count = numbers[i] / 10;
            Assert.Equal(Enumerable.Range(count * 10, count), numbers.Skip(i).Take(count));
            i += count;
        }
    }

    private async Task<Dictionary<string, long>> RunUntilKilledAsync(string flush, int lines, Dictionary<long, int> acknowledged)
    {
        await using var writer = ChildProgram.Start(typeof(KillTests).Assembly.Location, [CrashedWriter.Verb, _directory.Path, flush]);
        await writer.WaitForOutputAsync(output => output.Count(static c => c == '\n') > lines, Cancellation);
        await writer.KillAsync();
        var groups = new Dictionary<string, long>();

        // The last line may be cut short, so it does not count as read.
        foreach (var line in writer.Output.Split(Environment.NewLine)[1..^2])
        {
            var numbers = line.Split(' ').Select(static n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            acknowledged[numbers[1]] = numbers[2];
            groups[$"group{numbers[0]}"] = numbers[1] + numbers[2];
        }

        return groups;
    }
}
