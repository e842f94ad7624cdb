using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Requests that are run together.</summary>
public sealed class BatchTests
{
    private readonly HeldClock _clock = new();

    [Theory]
    [InlineData(8, 1)]
    [InlineData(16, 2)]
    [InlineData(100, 3)]
    public async Task Batched_answers_are_those_of_each_request_alone(int maxBatchSize, int seed)
    {
        var batched = Calls.Load(TestModels.Dense(), new ModelOptions { MaxBatchSize = maxBatchSize, Instances = 2, BatchDelay = TimeSpan.FromMilliseconds(1) });
        var alone = Calls.Load(TestModels.Dense());
        await Task.WhenAll(Enumerable.Range(0, 24).Select(client => Task.Run(async () =>
        {
            var random = new Random((seed * 1000) + client);
            for (var i = 0; i < 60; i++)
            {
                var rows = random.Next(0, 12);
                var values = random.Draw(rows * 4);
                using var expected = alone.Rent<float>([rows, 4], values);
                using var request = batched.Rent<float>([rows, 4], values);
                await expected.RunAsync();
                await request.RunAsync();
                Assert.True(request.Failure is null && expected.Failure is null, $"seed {seed}, client {client}, request {i}: {(request.Failure ?? expected.Failure)?.Message}");
                Assert.Equal([rows, 3L], request.Outputs[0].Shape.ToArray());

                // Not to the last bit: a product of more rows may use another kernel, which adds in another order.
                var (wanted, given) = (expected.Read<float>(), request.Read<float>());
                for (var at = 0; at < wanted.Length; at++)
                {
                    Assert.True(Math.Abs(wanted[at] - given[at]) <= 1e-6, $"seed {seed}, client {client}, request {i}, at {at}: {given[at]} is not {wanted[at]}");
                }
            }
        })));
        Assert.True(batched.Stats.Executions < batched.Stats.Succeeded, "Nothing was run together.");
        Assert.Equal(24 * 60, batched.Stats.Succeeded);
    }

    [Fact]
    public async Task What_waits_for_an_instance_is_run_together_up_to_the_maximum()
    {
        var model = Load(TestModels.HalfPlusTwo(), new ModelOptions { MaxBatchSize = 8 });
        var busy = await HeldClock.OccupyAsync(model.Rent<float>([1], 1));
        var waiting = Send(model, 3, 4, 2, 1, 30, 1, 1);
        Assert.Equal(7, model.Waiting);
        await busy.DisposeAsync();

        await Task.WhenAll(waiting.Select(static w => w.Task));
        Assert.Equal([7, 7, 3, 3, 30, 2, 2], waiting.Select(static w => w.Request.BatchRows));
        Check(waiting);
    }

    [Fact]
    public async Task A_batch_takes_a_preferred_size_where_one_is_filled()
    {
        var model = Load(TestModels.HalfPlusTwo(), new ModelOptions { MaxBatchSize = 8, PreferredBatchSizes = [2, 4] });
        var busy = await HeldClock.OccupyAsync(model.Rent<float>([1], 1));
        var waiting = Send(model, 1, 1, 1, 1, 1, 1, 1);
        await busy.DisposeAsync();

        await Task.WhenAll(waiting.Select(static w => w.Task));
        Assert.Equal([4, 4, 4, 4, 2, 2, 1], waiting.Select(static w => w.Request.BatchRows));
        Check(waiting);
    }

    [Fact]
    public async Task A_request_that_cannot_be_computed_fails_alone()
    {
        var model = Load(TestModels.Lookup(), new ModelOptions { MaxBatchSize = 8 });
        var busy = await HeldClock.OccupyAsync(model.Rent<long>([1], 0));
        var requests = new[] { 1L, 99, 2, 3 }.Select(row => model.Rent<long>([1], row)).ToList();
        var tasks = requests.ConvertAll(static r => r.RunAsync().AsTask());
        await busy.DisposeAsync();
        await Task.WhenAll(tasks);

        Assert.Equal([false, true, false, false], requests.Select(static r => r.Failure is not null));
        Assert.Equal(ErrorKind.InvalidInput, requests[1].Failure!.Kind);
        Assert.Equal<float>([10, 11], requests[0].Read<float>());
        Assert.Equal<float>([30, 31], requests[3].Read<float>());
        Assert.Equal([1, 1, 1, 1], requests.Select(static r => r.BatchRows));
    }

    [Fact]
    public async Task Requests_without_rows_are_run_with_others()
    {
        var model = Load(TestModels.HalfPlusTwo(), new ModelOptions { MaxBatchSize = 4 });
        var busy = await HeldClock.OccupyAsync(model.Rent<float>([1], 1));
        var waiting = Send(model, 0, 2, 0, 0, 0, 0, 2);
        await busy.DisposeAsync();
        await Task.WhenAll(waiting.Select(static w => w.Task));
        Check(waiting);
    }

    [Fact]
    public async Task A_model_whose_answer_is_not_in_rows_takes_no_batches()
    {
        var options = new ModelOptions { MaxBatchSize = 8 };
        var error = Assert.Throws<TarnException>(() => Calls.Load(TestModels.Mean(), options));
        Assert.Contains("mean FP32[2]", error.Message, StringComparison.Ordinal);

        // Where batches are allowed to all models, not asked of this one, it is served without.
        var model = Calls.Load(TestModels.Mean(), options with { Instances = 1 }, _clock, mustBatch: false);
        Assert.Equal(1, model.MaxBatchRows);
        var busy = await HeldClock.OccupyAsync(model.Rent<float>([1, 2], 1, 2));
        var requests = Enumerable.Range(0, 3).Select(i => model.Rent<float>([2, 2], i, 0, i + 2, 2)).ToList();
        var tasks = requests.ConvertAll(static r => r.RunAsync().AsTask());
        await busy.DisposeAsync();
        await Task.WhenAll(tasks);
        Assert.Equal<float>([2, 1], requests[1].Read<float>());
        Assert.Equal([1, 1, 1], requests.Select(static r => r.BatchRows));
    }

    [Fact]
    public async Task A_model_that_declares_as_many_rows_as_it_gets_and_gives_fewer_is_found_out()
    {
        Assert.Throws<TarnException>(() => Calls.Load(TestModels.Distinct(), new ModelOptions { MaxBatchSize = 8 }));
        var model = Calls.Load(TestModels.Distinct());
        Assert.Equal(-1, model.Outputs[0].Shape[0]);
        Assert.Equal((false, false), (model.IsBatchable, model.CanBind));
        using var request = model.Rent<float>([3], 3, 1, 3);
        await request.RunAsync();
        Assert.Null(request.Failure);
        Assert.Equal<float>([1, 3], request.Read<float>());
    }

    [Fact]
    public async Task A_model_whose_other_dimensions_are_open_is_run_by_several_instances_in_place_of_batches()
    {
        var model = Calls.Load(TestModels.Open(), new ModelOptions { MaxBatchSize = 8, Instances = 1 }, _clock);
        Assert.Equal((true, false, 1), (model.IsBatchable, model.CanBind, model.MaxBatchRows));
        var busy = await HeldClock.OccupyAsync(model.Rent<float>([1, 1], 1));
        var requests = Enumerable.Range(1, 4).Select(i => model.Rent<float>([1, i], Enumerable.Repeat((float)i, i).ToArray())).ToList();
        var tasks = requests.ConvertAll(static r => r.RunAsync().AsTask());
        await busy.DisposeAsync();
        await Task.WhenAll(tasks);
        for (var i = 1; i <= 4; i++)
        {
            Assert.Equal(Enumerable.Repeat((float)i, i), requests[i - 1].Read<float>());
        }
    }

    private LoadedModel Load(byte[] bytes, ModelOptions options) => Calls.Load(bytes, options with { Instances = 1 }, _clock);

    private static List<(InferenceRequest Request, Task Task)> Send(LoadedModel model, params int[] rows) => [.. rows.Select((count, at) =>
    {
        var request = model.Rent<float>([count], Enumerable.Range(0, count).Select(i => (float)((at * 100) + i)).ToArray());
        return (request, request.RunAsync().AsTask());
    })];

    private static void Check(List<(InferenceRequest Request, Task Task)> sent)
    {
        for (var at = 0; at < sent.Count; at++)
        {
            var request = sent[at].Request;
            Assert.Null(request.Failure);
            Assert.Equal(Enumerable.Range(0, request.Rows).Select(i => (((at * 100) + i) * 0.5f) + 2), request.Read<float>());
        }
    }
}
