using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What waits, how long, and in which order.</summary>
public sealed class QueueTests
{
    private readonly HeldClock _clock = new();

    [Fact]
    public async Task Requests_wait_for_others_while_these_come_often()
    {
        var model = Load(new ModelOptions { MaxBatchSize = 8, BatchDelay = TimeSpan.FromMilliseconds(10) });
        var waiting = await SendUntilOneWaits(model, 1);

        // The instance is free: nothing but the wish for company holds it back, and no longer than the delay.
        Assert.Equal((1, 1), (model.Waiting, model.FreeInstances));
        using var second = model.Rent<float>([1], 7);
        var joined = second.RunAsync();
        _clock.Advance(9);
        Assert.Equal(2, model.Waiting);
        _clock.Advance(1);
        await waiting.Task;
        await joined;
        Assert.Equal((2, 2), (waiting.Request.BatchRows, second.BatchRows));
        Assert.Equal([5.5f], second.Read<float>());
    }

    [Fact]
    public async Task A_batch_that_is_full_waits_no_longer()
    {
        var model = Load(new ModelOptions { MaxBatchSize = 4, BatchDelay = TimeSpan.FromMilliseconds(10) });
        var waiting = await SendUntilOneWaits(model, 1);
        using var rest = model.Rent<float>([3], 1, 2, 3);
        await rest.RunAsync();
        await waiting.Task;
        Assert.Equal(4, rest.BatchRows);
    }

    [Fact]
    public async Task A_preferred_size_waits_no_longer_either()
    {
        var model = Load(new ModelOptions { MaxBatchSize = 16, PreferredBatchSizes = [3, 8], BatchDelay = TimeSpan.FromMilliseconds(10) });
        var waiting = await SendUntilOneWaits(model, 1);
        using var rest = model.Rent<float>([2], 1, 2);
        await rest.RunAsync();
        await waiting.Task;
        Assert.Equal(3, rest.BatchRows);
    }

    [Fact]
    public async Task Requests_that_come_seldom_do_not_wait()
    {
        var model = Load(new ModelOptions { MaxBatchSize = 8, BatchDelay = TimeSpan.FromMilliseconds(10) });
        for (var i = 0; i < 50; i++)
        {
            using var request = model.Rent<float>([1 + (i % 5)], new float[1 + (i % 5)]);
            Assert.True(request.RunAsync().IsCompletedSuccessfully, $"Request {i} waited.");
            _clock.Advance(20);
        }

        // After a rush they do not wait either.
        await (await SendUntilOneWaits(model, 0.1, advance: true)).Task;
        _clock.Advance(1000);
        using var last = model.Rent<float>([1], 1);
        Assert.True(last.RunAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task What_is_too_much_is_refused_and_not_thrown()
    {
        var model = Load(new ModelOptions { MaxQueue = 2 });
        var busy = await HeldClock.OccupyAsync(Request(model));
        var waiting = new[] { Send(model), Send(model) };
        using var third = Request(model);
        var refused = third.RunAsync();
        Assert.True(refused.IsCompletedSuccessfully);
        Assert.Equal(ErrorKind.Unavailable, third.Failure!.Kind);
        Assert.InRange(third.Failure.RetryAfter!.Value.TotalSeconds, 1, 60);
        Assert.Equal(1, model.Stats.Refused);

        await busy.DisposeAsync();
        await Task.WhenAll(waiting.Select(static w => w.Task));
        Assert.All(waiting, static w => Assert.Null(w.Request.Failure));
    }

    [Fact]
    public async Task Without_a_queue_nothing_waits_and_a_free_instance_still_answers()
    {
        var model = Load(new ModelOptions { MaxQueue = 0, MaxBatchSize = 8, BatchDelay = TimeSpan.FromMilliseconds(10) });
        for (var i = 0; i < 40; i++)
        {
            using var request = Request(model);
            Assert.True(request.RunAsync().IsCompletedSuccessfully);
            Assert.Null(request.Failure);
        }

        var busy = await HeldClock.OccupyAsync(Request(model));
        using var refused = Request(model);
        await refused.RunAsync();
        Assert.NotNull(refused.Failure);
        await busy.DisposeAsync();
    }

    [Fact]
    public async Task A_full_queue_is_run_though_more_might_come()
    {
        var model = Load(new ModelOptions { MaxQueue = 3, MaxBatchSize = 8, BatchDelay = TimeSpan.FromSeconds(1) });
        var first = await SendUntilOneWaits(model, 1);
        var others = new[] { Send(model), Send(model) };
        await Task.WhenAll(others.Select(static w => w.Task).Append(first.Task));
        Assert.Equal(3, first.Request.BatchRows);
    }

    [Fact]
    public async Task What_waited_too_long_is_refused_when_its_time_is_over()
    {
        var model = Load(new ModelOptions { QueueTimeout = TimeSpan.FromSeconds(2) });
        await using var busy = await HeldClock.OccupyAsync(Request(model));
        var (patient, hasty, greedy) = (Send(model), Send(model, timeout: 100), Send(model, timeout: 60_000));
        _clock.Advance(99);
        Assert.False(hasty.Task.IsCompleted);
        _clock.Advance(51);
        await hasty.Task;
        Assert.Equal(ErrorKind.Unavailable, hasty.Request.Failure!.Kind);
        Assert.NotNull(hasty.Request.Failure.RetryAfter);
        Assert.Equal(2, model.Waiting);

        _clock.Advance(1800);
        Assert.Equal(2, model.Waiting);
        _clock.Advance(100);
        await patient.Task;
        await greedy.Task;
        Assert.NotNull(patient.Request.Failure);
        Assert.Contains("2000 ms", greedy.Request.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal((0, 3L), (model.Waiting, model.Stats.Refused));
    }

    [Fact]
    public async Task A_request_whose_time_is_shorter_than_the_delay_of_a_batch_does_not_wait_for_others()
    {
        var model = Load(new ModelOptions { MaxBatchSize = 100, BatchDelay = TimeSpan.FromSeconds(5) });
        var first = await SendUntilOneWaits(model, 1);
        var hasty = Send(model, timeout: 200);
        await first.Task;
        await hasty.Task;
        Assert.Equal((2, 2), (first.Request.BatchRows, hasty.Request.BatchRows));

        // The hurry is over with it.
        var patient = await SendUntilOneWaits(model, 1);
        Assert.Equal((1, 1), (model.Waiting, model.FreeInstances));
        _clock.Advance(5000);
        await patient.Task;
    }

    [Fact]
    public async Task Who_waits_no_more_leaves_a_batch_that_is_being_gathered()
    {
        using var abort = new CancellationTokenSource();
        var model = Load(new ModelOptions { MaxBatchSize = 100, BatchDelay = TimeSpan.FromSeconds(5) });
        var first = await SendUntilOneWaits(model, 1);
        using var aborted = Request(model);
        aborted.Aborted = abort.Token;
        var task = aborted.RunAsync();
        await abort.CancelAsync();
        _clock.Advance(60);
        await task;
        Assert.NotNull(aborted.Failure);
        Assert.Equal((1, 1), (model.Waiting, model.FreeInstances));
        _clock.Advance(5000);
        await first.Task;
        Assert.Null(first.Request.Failure);
    }

    [Fact]
    public async Task The_more_urgent_goes_first_and_within_a_level_who_came_first()
    {
        _clock.Ticks = true;
        var model = Load(new ModelOptions { PriorityLevels = 3 });
        var busy = await HeldClock.OccupyAsync(Request(model));
        var sent = new List<(string Name, InferenceRequest Request, Task Task)>();
        foreach (var (name, priority) in new[] { ("low", 3), ("middle", 0), ("urgent", 1), ("beyond", 99), ("urgent too", 1), ("middle too", 2) })
        {
            var request = Request(model);
            request.Priority = priority;
            sent.Add((name, request, request.RunAsync().AsTask()));
        }

        await busy.DisposeAsync();
        await Task.WhenAll(sent.Select(static s => s.Task));
        Assert.Equal(["urgent", "urgent too", "middle", "middle too", "low", "beyond"], sent.OrderBy(static s => s.Request.StartedAt).Select(static s => s.Name));
    }

    [Fact]
    public async Task The_delay_of_a_batch_counts_from_the_one_that_waits_longest_whatever_its_priority()
    {
        var model = Load(new ModelOptions { PriorityLevels = 3, MaxBatchSize = 64, BatchDelay = TimeSpan.FromMilliseconds(10) });
        var low = await SendUntilOneWaits(model, 0.1);
        var rush = Enumerable.Range(0, 40).Select(_ => Send(model)).ToList();
        _clock.Advance(6);
        var urgent = Request(model);
        urgent.Priority = 1;
        var task = urgent.RunAsync();
        Assert.Equal(42, model.Waiting);
        _clock.Advance(4);
        await low.Task;
        await task;
        await Task.WhenAll(rush.Select(static r => r.Task));
        Assert.Equal((42, 42), (low.Request.BatchRows, urgent.BatchRows));
    }

    [Fact]
    public async Task Who_waits_no_more_is_skipped()
    {
        using var abort = new CancellationTokenSource();
        var model = Load(new ModelOptions());
        var busy = await HeldClock.OccupyAsync(Request(model));
        var first = Send(model);
        var aborted = Request(model);
        aborted.Aborted = abort.Token;
        var task = aborted.RunAsync().AsTask();
        var last = Send(model);
        await abort.CancelAsync();
        await busy.DisposeAsync();
        await Task.WhenAll(first.Task, task, last.Task);

        Assert.Null(first.Request.Failure);
        Assert.Null(last.Request.Failure);
        Assert.NotNull(aborted.Failure);
        Assert.Equal(3, model.Stats.Executions);
    }

    [Fact]
    public async Task Who_waits_no_more_leaves_the_queue_though_no_instance_gets_free()
    {
        using var abort = new CancellationTokenSource();
        var model = Load(new ModelOptions());
        await using var busy = await HeldClock.OccupyAsync(Request(model));
        using var aborted = Request(model);
        aborted.Aborted = abort.Token;
        var task = aborted.RunAsync();
        await abort.CancelAsync();
        _clock.Advance(50);
        await task;
        Assert.NotNull(aborted.Failure);
        Assert.Equal(0, model.Waiting);
    }

    [Fact]
    public async Task A_model_is_freed_when_its_last_lease_is_given_back_and_its_instances_are_done()
    {
        var model = Load(new ModelOptions());
        Assert.True(model.TryAcquire());
        var busy = await HeldClock.OccupyAsync(Request(model));
        var waiting = Send(model);
        model.Release();
        Assert.False(model.Freed.IsCompleted);
        await busy.DisposeAsync();
        await waiting.Task;
        Assert.Null(waiting.Request.Failure);
        Assert.False(model.Freed.IsCompleted);
        model.Release();
        await model.Freed;
        Assert.False(model.TryAcquire());
    }

    [Fact]
    public async Task A_model_whose_last_lease_is_given_back_while_an_instance_is_at_work_is_freed_when_that_is_done()
    {
        var model = Calls.Load(TestModels.HalfPlusTwo(), new ModelOptions { Instances = 2 }, _clock);
        var busy = await HeldClock.OccupyAsync(Request(model));
        model.Release();
        Assert.Equal((0, false), (model.FreeInstances, model.Freed.IsCompleted));
        await busy.DisposeAsync();
        await model.Freed;
    }

    private LoadedModel Load(ModelOptions options) => Calls.Load(TestModels.HalfPlusTwo(), options with { Instances = 1 }, _clock);

    private static InferenceRequest Request(LoadedModel model) => model.Rent<float>([1], 1);

    private static (InferenceRequest Request, Task Task) Send(LoadedModel model, double? timeout = null)
    {
        var request = Request(model);
        request.Timeout = timeout is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
        return (request, request.RunAsync().AsTask());
    }

    /// <summary>Sends requests at a distance until they come often enough for one to wait.</summary>
    private async Task<(InferenceRequest Request, Task Task)> SendUntilOneWaits(LoadedModel model, double milliseconds, bool advance = false)
    {
        for (var i = 0; i < 100; i++)
        {
            var sent = Send(model);
            if (!sent.Task.IsCompleted)
            {
                if (advance)
                {
                    _clock.Advance(10);
                }

                return sent;
            }

            await sent.Task;
            sent.Request.Dispose();
            _clock.Advance(milliseconds);
        }

        throw new InvalidOperationException("None waited.");
    }
}
