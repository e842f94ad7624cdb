using System.Globalization;
using Xunit;

namespace Tarn.Log.Tests;

/// <summary>Tests that measure the process run by themselves.</summary>
[CollectionDefinition(nameof(MeasuredAlone), DisableParallelization = true)]
public sealed class MeasuredAlone;

/// <summary>Many topics at small memory, few open files.</summary>
[Collection(nameof(MeasuredAlone))]
public sealed class ManyTopicsTests : IDisposable
{
    private readonly LogDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_thousand_open_topics_take_a_few_megabytes_and_no_more_files_than_allowed()
    {
        const int Topics = 1000;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var log = _directory.Open(maxOpenFiles: 64);
        for (var t = 0; t < Topics; t++)
        {
            await log.CreateTopicAsync(Name(t), new TopicOptions { Flush = FlushPolicy.None }, Cancellation);
            await log.AppendAsync(Name(t), [LogDirectory.Record(t, 1000)], Cancellation);
        }

        for (var t = 0; t < Topics; t++)
        {
            var record = Assert.Single(await log.ReadAsync(Name(t), 0, 0, ReadLimits.Default, Cancellation));
            Assert.Equal(t, LogDirectory.Number(record));
        }

        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Topics;
        TestContext.Current.SendDiagnosticMessage("{0} bytes a topic, {1} files open", each, log.OpenFiles);
        Assert.True(each <= 8_000, $"{each} bytes a topic."); // Less than nothing is possible: pools give memory back.
        Assert.InRange(log.OpenFiles, 1, 64);
        _directory.Time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(0, log.OpenFiles);

        // What was closed opens itself again.
        Assert.Equal(1, (await log.AppendAsync(Name(7), [LogDirectory.Record(8)], Cancellation))[0].Offset);
        Assert.Equal(1, log.OpenFiles);
    }

    [Fact]
    public async Task Names_that_a_file_system_or_Kafka_would_mix_up_are_refused()
    {
        await using var log = _directory.Open();
        await log.CreateTopicAsync("a.b", cancellation: Cancellation);
        await Assert.ThrowsAsync<Core.TarnException>(() => log.CreateTopicAsync("a_b", cancellation: Cancellation));
        await Assert.ThrowsAsync<Core.TarnException>(() => log.CreateTopicAsync("A.B", cancellation: Cancellation));
        await log.CreateTopicAsync("a-b", cancellation: Cancellation);
    }

    [Fact]
    public async Task Committed_offsets_are_compacted_and_keep_their_values()
    {
        await using (var log = _directory.Open())
        {
            await log.CreateTopicAsync("events", cancellation: Cancellation);
            _directory.Faults.BeforeFlush = null;
            await Task.WhenAll(Enumerable.Range(0, 20).Select(g => Task.Run(
                async () =>
                {
                    for (var i = 1; i <= 1000; i++)
                    {
                        await log.CommitOffsetAsync($"group{g}", "events", 0, (i * 100) + g, Cancellation);
                    }
                },
                Cancellation)));
        }

        var bytes = Directory.GetFiles(Path.Combine(_directory.Path, "_groups", "0")).Sum(static f => new FileInfo(f).Length);
        Assert.InRange(bytes, 0, 1_200_000);
        await using var again = _directory.Open();
        Assert.Equal(
            Enumerable.Range(0, 20).Select(static g => ($"group{g}", 100_000L + g)).OrderBy(static g => g.Item1, StringComparer.Ordinal),
            (await again.ListGroupsAsync(Cancellation)).Select(static g => (g.Group, g.Offset)));
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"topic-{number}");
}
