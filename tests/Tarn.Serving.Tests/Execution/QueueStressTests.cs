using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Many threads, sizes, time-outs and aborts: each request ends once, with its own answer or a reason, and nothing is lost.</summary>
public sealed class QueueStressTests
{
    [Theory]
    [InlineData(1, 1, 1, 0, 4)]
    [InlineData(2, 3, 1, 0, 1000)]
    [InlineData(3, 2, 8, 0, 6)]
    [InlineData(4, 3, 8, 1, 1000)]
    [InlineData(5, 1, 16, 3, 10)]
    [InlineData(6, 4, 5, 1, 0)]
    public async Task Every_request_ends_once_and_no_instance_is_lost(int seed, int instances, int maxBatchSize, int delayMilliseconds, int maxQueue)
    {
        var options = new ModelOptions
        {
            Instances = instances,
            MaxBatchSize = maxBatchSize,
            PreferredBatchSizes = seed % 2 == 0 && maxBatchSize > 4 ? [2, 4] : [],
            BatchDelay = TimeSpan.FromMilliseconds(delayMilliseconds),
            PriorityLevels = 1 + (seed % 3),
            MaxQueue = maxQueue,
            QueueTimeout = TimeSpan.FromMilliseconds(100),
        };
        var model = Calls.Load(TestModels.Lookup(), options);
        long answered = 0, refused = 0, failed = 0;
        await Task.WhenAll(Enumerable.Range(0, 32).Select(client => Task.Run(async () =>
        {
            var random = new Random((seed * 997) + client);
            for (var i = 0; i < 400; i++)
            {
                using var abort = new CancellationTokenSource();
                var rows = new long[random.Next(12) switch { 0 => 0, < 8 => 1, < 11 => random.Next(1, 6), _ => random.Next(6, 30) }];
                var isPoisoned = rows.Length > 0 && random.Next(40) == 0;
                for (var r = 0; r < rows.Length; r++)
                {
                    rows[r] = random.Next(4);
                }

                if (isPoisoned)
                {
                    rows[^1] = 99;
                }

                using var request = model.Rent<long>([rows.Length], rows);
                request.Priority = random.Next(4);
                request.Timeout = random.Next(4) == 0 ? TimeSpan.FromTicks(random.Next(50_000)) : null;
                request.Aborted = abort.Token;
                var running = request.RunAsync();
                if (random.Next(10) == 0)
                {
                    await abort.CancelAsync();
                }

                await running;
                var where = $"seed {seed}, client {client}, request {i}";
                if (request.Failure is { Kind: ErrorKind.Unavailable })
                {
                    Interlocked.Increment(ref refused);
                }
                else if (request.Failure is { } failure)
                {
                    Assert.True(isPoisoned, $"{where}: {failure.Message}");
                    Interlocked.Increment(ref failed);
                }
                else
                {
                    Assert.False(isPoisoned, where);
                    var values = request.Read<float>();
                    Assert.True(values.Length == 2 * rows.Length, where);
                    for (var r = 0; r < rows.Length; r++)
                    {
                        Assert.True(values[2 * r] == 10 * rows[r] && values[(2 * r) + 1] == (10 * rows[r]) + 1, $"{where}: another request's answer");
                    }

                    Interlocked.Increment(ref answered);
                }
            }
        })));

        Assert.Equal(32 * 400, answered + refused + failed);
        Assert.Equal((answered, refused, failed), (model.Stats.Succeeded, model.Stats.Refused, model.Stats.Failed));
        Assert.True(answered > 100, $"seed {seed}: {answered} answered");
        Assert.Equal(0, model.Waiting);

        // An instance may still be on its way back; then all are free, and every one answers at once.
        SpinWait.SpinUntil(() => model.FreeInstances == instances, TimeSpan.FromSeconds(30));
        Assert.Equal(instances, model.FreeInstances);
        var last = model.Rent<long>([1], 2);
        last.Timeout = TimeSpan.Zero;
        Assert.True(last.RunAsync().IsCompletedSuccessfully);
        Assert.Equal<float>([20, 21], last.Read<float>());
        last.Dispose();
        model.Release();
        await model.Freed;
    }

    [Fact]
    public async Task All_instances_work_at_once()
    {
        var clock = new HeldClock();
        var model = Calls.Load(TestModels.HalfPlusTwo(), new ModelOptions { Instances = 3 }, clock);
        var busy = new List<HeldClock.Busy>();
        for (var i = 0; i < 3; i++)
        {
            busy.Add(await HeldClock.OccupyAsync(model.Rent<float>([1], 1)));
        }

        Assert.Equal(0, model.FreeInstances);
        using var waiting = model.Rent<float>([1], 3);
        var task = waiting.RunAsync().AsTask();
        Assert.Equal(1, model.Waiting);

        // The first that gets free takes it.
        await busy[1].DisposeAsync();
        await task;
        Assert.Equal([3.5f], waiting.Read<float>());
        await busy[0].DisposeAsync();
        await busy[2].DisposeAsync();
    }
}
