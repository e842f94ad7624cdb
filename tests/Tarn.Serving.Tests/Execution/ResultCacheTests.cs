using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class ResultCacheTests
{
    private readonly HeldClock _clock = new();

    [Fact]
    public async Task The_same_inputs_are_computed_once()
    {
        var model = Load(TestModels.HalfPlusTwo(), new ModelOptions { CacheBytes = 1 << 20 });
        using var first = await RunAsync(model, 1, 2);
        using var again = await RunAsync(model, 1, 2);
        using var other = await RunAsync(model, 2, 1);
        Assert.Equal([false, true, false], new[] { first, again, other }.Select(static r => r.IsFromCache));
        Assert.Equal<float>([2.5f, 3], again.Read<float>());
        Assert.Equal<float>([3, 2.5f], other.Read<float>());
        Assert.Equal((2L, 1L, 2L), (model.Stats.Executions, model.Stats.CacheHits, model.Stats.CacheMisses));
    }

    [Fact]
    public async Task Shapes_and_texts_are_part_of_what_is_asked()
    {
        var open = Load(TestModels.Open(), new ModelOptions { CacheBytes = 1 << 20 });
        foreach (long[] shape in new[] { new long[] { 2, 3 }, [3, 2], [6, 1], [0, 6], [6, 0] })
        {
            using var request = open.Rent<float>(shape, new float[shape[0] * shape[1]]);
            await request.RunAsync();
            Assert.False(request.IsFromCache);
            Assert.Equal(shape, request.Outputs[0].Shape.ToArray());
        }

        var texts = Load(TestModels.Texts(), new ModelOptions { CacheBytes = 1 << 20 });
        foreach (string[] text in new[] { new[] { "ab", "c" }, ["a", "bc"], ["abc", ""], ["abc"] })
        {
            using var request = texts.RentTexts(text);
            await request.RunAsync();
            Assert.False(request.IsFromCache);
            using var again = texts.RentTexts(text);
            await again.RunAsync();
            Assert.True(again.IsFromCache);
            Assert.Equal(text, again.ReadTexts());
        }
    }

    [Fact]
    public async Task What_was_not_asked_for_longest_goes_first()
    {
        // Room for two answers of 10 KB, not for three.
        var model = Load(TestModels.HalfPlusTwo(), new ModelOptions { CacheBytes = 25_000 });
        async Task<bool> Asked(float seed)
        {
            using var request = model.Rent<float>([2500], Enumerable.Repeat(seed, 2500).ToArray());
            await request.RunAsync();
            Assert.Equal((seed / 2) + 2, request.Read<float>()[77]);
            return request.IsFromCache;
        }

        Assert.Equal<bool[]>([false, false, true, false, true, false], [await Asked(1), await Asked(2), await Asked(1), await Asked(3), await Asked(1), await Asked(2)]);

        using var huge = model.Rent<float>([10_000], new float[10_000]);
        await huge.RunAsync();
        Assert.True(await Asked(1), "What does not fit at all throws nothing out.");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1 << 20)]
    public async Task Who_asks_the_same_at_the_same_time_waits_for_one_run(int capacity)
    {
        var model = Load(TestModels.HalfPlusTwo(), new ModelOptions { CacheBytes = capacity, JoinSameRequests = true });
        var busy = await HeldClock.OccupyAsync(model.Rent<float>([1], 77));
        var requests = Enumerable.Range(0, 5).Select(_ => model.Rent<float>([1], 1)).ToList();
        var tasks = requests.ConvertAll(static r => r.RunAsync().AsTask());
        Assert.Equal(1, model.Waiting);
        await busy.DisposeAsync();
        await Task.WhenAll(tasks);
        Assert.All(requests, static r => Assert.Equal<float>([2.5f], r.Read<float>()));
        Assert.Equal([false, true, true, true, true], requests.Select(static r => r.IsFromCache));
        Assert.Equal(2, model.Stats.Executions);

        // Without room nothing is kept for who comes later.
        using var later = await RunAsync(model, 1);
        Assert.Equal(capacity > 0, later.IsFromCache);
    }

    [Fact]
    public async Task A_failure_is_not_kept()
    {
        var model = Load(TestModels.Lookup(), new ModelOptions { CacheBytes = 1 << 20 });
        for (var i = 0; i < 2; i++)
        {
            using var request = model.Rent<long>([1], 99);
            await request.RunAsync();
            Assert.Equal(ErrorKind.InvalidInput, request.Failure!.Kind);
            Assert.False(request.IsFromCache);
        }

        Assert.Equal(2, model.Stats.Failed);
    }

    [Fact]
    public async Task What_failed_once_is_kept_when_it_succeeds()
    {
        var model = Load(TestModels.HalfPlusTwo(), new ModelOptions { CacheBytes = 1 << 20, MaxQueue = 0 });
        var busy = await HeldClock.OccupyAsync(model.Rent<float>([1], 77));
        using (var refused = await RunAsync(model, 1))
        {
            Assert.Equal(ErrorKind.Unavailable, refused.Failure!.Kind);
        }

        await busy.DisposeAsync();
        using var computed = await RunAsync(model, 1);
        using var kept = await RunAsync(model, 1);
        Assert.Equal([false, true], new[] { computed, kept }.Select(static r => r.IsFromCache));
    }

    [Fact]
    public async Task Who_waited_for_a_run_that_failed_runs_by_itself()
    {
        using var abort = new CancellationTokenSource();
        var model = Load(TestModels.HalfPlusTwo(), new ModelOptions { JoinSameRequests = true });
        var busy = await HeldClock.OccupyAsync(model.Rent<float>([1], 77));
        using var leader = model.Rent<float>([1], 1);
        leader.Aborted = abort.Token;
        using var follower = model.Rent<float>([1], 1);
        var tasks = new[] { leader.RunAsync().AsTask(), follower.RunAsync().AsTask() };
        await abort.CancelAsync();
        await busy.DisposeAsync();
        await Task.WhenAll(tasks);
        Assert.NotNull(leader.Failure);
        Assert.Null(follower.Failure);
        Assert.Equal<float>([2.5f], follower.Read<float>());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Many_clients_get_their_own_answers(int seed)
    {
        var model = Calls.Load(TestModels.HalfPlusTwo(), new ModelOptions { CacheBytes = 4000, MaxBatchSize = 4 });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(client => Task.Run(async () =>
        {
            var random = new Random((seed * 31) + client);
            for (var i = 0; i < 500; i++)
            {
                var value = (float)random.Next(40);
                using var request = await RunAsync(model, value);
                Assert.True(request.Failure is null && request.Read<float>()[0] == (value / 2) + 2, $"seed {seed}, client {client}, request {i}");
            }
        })));
        Assert.Equal(4000, model.Stats.CacheHits + model.Stats.CacheMisses);
        Assert.True(model.Stats.CacheHits > 100);
    }

    private LoadedModel Load(byte[] bytes, ModelOptions options) => Calls.Load(bytes, options with { Instances = 1 }, _clock);

    private static async Task<InferenceRequest> RunAsync(LoadedModel model, params float[] values)
    {
        var request = model.Rent<float>([values.Length], values);
        await request.RunAsync();
        return request;
    }
}
