using System.Diagnostics;
using System.Globalization;
using Tarn.Contracts;
using Tarn.Log;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>
/// Kills a process that records predictions from several threads, as <c>kill -9</c> does, at seeded instants: every prediction that was answered is in the topic, once.
/// <c>TARN_KILLS</c> sets how often, <c>TARN_KILL_SEED</c> the instants.
/// </summary>
public sealed class PredictionKillTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_prediction_that_was_answered_outlives_a_kill_and_is_there_once()
    {
        var kills = Setting("TARN_KILLS", 5);
        var seed = Setting("TARN_KILL_SEED", 3);
        var random = new Random(seed);
        using var folder = new TemporaryDirectory();
        for (var (kill, left) = (0, 0); kill < kills; kill++)
        {
            await using (var process = ChildProgram.Start(typeof(PredictionKillTests).Assembly.Location, [RecordingProcess.Verb, folder.Path, (kill * RecordingProcess.Writers * RecordingProcess.Block).ToString(CultureInfo.InvariantCulture)]))
            {
                await process.WaitForOutputAsync(static o => o.Contains("recorded", StringComparison.Ordinal), Cancellation);
                var until = Stopwatch.GetTimestamp() + (Stopwatch.Frequency * random.Next(100) / 1000);
                while (Stopwatch.GetTimestamp() < until)
                {
                    await Task.Yield();
                }

                await process.KillAsync();
                Assert.True(process.Errors.Length == 0, process.Errors);
            }

            // Every other time the next process finds what the one before has left.
            left = random.Next(2) == 0 || kill == kills - 1 ? 0 : left + 1;
            if (left == 0)
            {
                await CheckAsync(folder.Path, $"seed {seed}, kill {kill}");
            }
        }
    }

    private static async Task CheckAsync(string folder, string about)
    {
        await using var topics = RecordingProcess.OpenTopics(folder);
        await using var log = await RecordingProcess.OpenLogAsync(folder, topics, Cancellation);
        await log.DrainAsync(Cancellation);
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var partition in (await topics.DescribeTopicAsync("predictions", Cancellation)).Partitions)
        {
            for (var offset = partition.Low; offset < partition.High;)
            {
                foreach (var record in await topics.ReadAsync("predictions", partition.Partition, offset, ReadLimits.Default, Cancellation))
                {
                    Assert.True(found.Add(System.Text.Encoding.ASCII.GetString(record.Key.Span)), $"{about}: {record} is there twice");
                    offset = record.Offset + 1;
                }
            }
        }

        var answered = RecordingProcess.Answered(folder).ToList();
        var missing = answered.Where(n => !found.Contains(PredictionWorld.IdOf(n).ToString("n"))).ToList();
        Assert.True(missing.Count == 0, $"{about}: {missing.Count} of {answered.Count} answered predictions are lost, the first is {missing.FirstOrDefault()}");
        Assert.True(answered.Count > 0 && found.Count >= answered.Count, $"{about}: {answered.Count} were answered, {found.Count} are in the topic");
        TestContext.Current.TestOutputHelper?.WriteLine($"{about}: {answered.Count} answered, {found.Count} recorded");
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
