using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class ModelServerTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    [Fact]
    public async Task The_latest_version_of_a_folder_answers()
    {
        TestModels.Write(_folder.Path, "half", 1, TestModels.HalfPlusTwo(0.5f));
        TestModels.Write(_folder.Path, "half", 2, TestModels.HalfPlusTwo(3f));
        await using var server = await StartAsync();

        Assert.Equal<float[]>([5f, 8f], await AskAsync(server, "half", [1f, 2f]));
        Assert.Equal([2L], server.Table.Get("half").Versions.Select(static v => v.Version));
        Assert.True(server.IsReady);
    }

    [Fact]
    public async Task A_new_version_takes_over_and_the_old_one_is_freed()
    {
        TestModels.Write(_folder.Path, "half", 1, TestModels.HalfPlusTwo(0.5f));
        await using var server = await StartAsync();
        var old = server.Acquire("half", null, "");
        var changed = Until(server, static s => s.Table.Get("half").Default?.Version == 2);

        TestModels.Write(_folder.Path, "half", 2, TestModels.HalfPlusTwo(3f));
        await changed;

        Assert.Equal<float[]>([5f], await AskAsync(server, "half", [1f]));
        Assert.False(old.Freed.IsCompleted);
        old.Release();
        await old.Freed;
    }

    [Fact]
    public async Task A_version_that_cannot_be_loaded_leaves_the_old_one_answering_and_says_why()
    {
        TestModels.Write(_folder.Path, "half", 1, TestModels.HalfPlusTwo(0.5f));
        await using var server = await StartAsync();
        var changed = Until(server, static s => s.Table.Get("half").Versions.Any(static v => v is { Version: 2, State: VersionState.End }));

        TestModels.Write(_folder.Path, "half", 2, [1, 2, 3]);
        await changed;

        Assert.Equal<float[]>([2.5f], await AskAsync(server, "half", [1f]));
        var error = Assert.Throws<TarnException>(() => server.Acquire("half", 2, ""));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("half", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_unloaded_is_gone_until_it_is_loaded_again()
    {
        TestModels.Write(_folder.Path, "half", 1, TestModels.HalfPlusTwo());
        await using var server = await StartAsync();

        await server.UnloadAsync("half", TestContext.Current.CancellationToken);
        Assert.Equal(ErrorKind.NotFound, Assert.Throws<TarnException>(() => server.Acquire("half", null, "")).Kind);

        await server.LoadAsync("half", TestContext.Current.CancellationToken);
        Assert.Equal<float[]>([2.5f], await AskAsync(server, "half", [1f]));
    }

    [Fact]
    public async Task A_name_that_is_not_there_is_said_with_those_that_are()
    {
        TestModels.Write(_folder.Path, "half", 1, TestModels.HalfPlusTwo());
        await using var server = await StartAsync();

        var error = Assert.Throws<TarnException>(() => server.Acquire("halb", null, ""));
        Assert.Equal(ErrorKind.NotFound, error.Kind);
        Assert.Contains("half", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Twenty_models_are_loaded_at_the_start()
    {
        for (var i = 0; i < 20; i++)
        {
            TestModels.Write(_folder.Path, $"model{i}", 1, TestModels.HalfPlusTwo(i));
        }

        await using var server = await StartAsync();
        Assert.Equal(20, server.Table.All.Count);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal<float[]>([2 + (3f * i)], await AskAsync(server, $"model{i}", [3]));
        }
    }

    [Fact]
    public async Task A_server_that_is_disposed_waits_for_the_requests_that_had_begun()
    {
        TestModels.Write(_folder.Path, "half", 1, TestModels.HalfPlusTwo());
        var server = await StartAsync();
        var model = server.Acquire("half", null, "");
        var disposing = server.DisposeAsync().AsTask();
        Assert.False(disposing.IsCompleted);
        using (var request = model.Rent<float>([1], 1))
        {
            await request.RunAsync();
            Assert.Equal<float>([2.5f], request.Read<float>());
        }

        model.Release();
        await disposing;
        Assert.True(model.Freed.IsCompleted);
        Assert.Equal(ErrorKind.NotFound, Assert.Throws<TarnException>(() => server.Acquire("half", null, "")).Kind);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => server.LoadAsync("half", TestContext.Current.CancellationToken));
        await server.DisposeAsync();
    }

    [Fact]
    public async Task It_waits_for_those_too_that_ask_what_was_replaced_before()
    {
        TestModels.Write(_folder.Path, "half", 1, TestModels.HalfPlusTwo());
        var time = new ManualTimeProvider();
        var server = await StartAsync(time: time);
        var replaced = server.Acquire("half", null, "");
        var changed = Until(server, static s => s.Table.Get("half").Default?.Options.MaxQueue == 5);
        await File.WriteAllTextAsync(_folder.Combine("half", "model.json"), """{"maxQueue": 5}""", TestContext.Current.CancellationToken);
        await changed;

        // It waits with a limit: the only timer of 10 s.
        var disposing = server.DisposeAsync().AsTask();
        while (!disposing.IsCompleted && time.UntilNextTimer != TimeSpan.FromSeconds(10))
        {
            await Task.Yield();
        }

        Assert.False(disposing.IsCompleted);
        replaced.Release();
        await disposing;
        Assert.True(replaced.Freed.IsCompleted);
    }

    [Fact]
    public async Task A_lease_that_is_never_given_back_holds_a_disposal_up_for_a_while_only()
    {
        TestModels.Write(_folder.Path, "half", 1, TestModels.HalfPlusTwo());
        var time = new ManualTimeProvider();
        var server = await StartAsync(time: time);
        var model = server.Acquire("half", null, "");
        var disposing = server.DisposeAsync().AsTask();
        for (var seconds = 0; seconds < 9; seconds++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(disposing.IsCompleted);
        while (!disposing.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await disposing;
        model.Release();
        await model.Freed;
    }

    [Fact]
    public async Task A_version_that_failed_is_tried_again_when_its_folder_changes()
    {
        TestModels.Write(_folder.Path, "half", 1, [1, 2, 3]);
        await using var server = await StartAsync();
        var error = Assert.Throws<TarnException>(() => server.Acquire("half", null, ""));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        await Assert.ThrowsAsync<TarnException>(() => server.LoadAsync("half", TestContext.Current.CancellationToken));

        var changed = Until(server, static s => s.Table.Get("half").Default is not null);
        await File.WriteAllBytesAsync(_folder.Combine("half", "1", "model.onnx"), TestModels.HalfPlusTwo(), TestContext.Current.CancellationToken);
        await changed;
        Assert.Equal<float[]>([2.5f], await AskAsync(server, "half", [1f]));
    }

    [Fact]
    public async Task Settings_that_cannot_be_read_leave_that_model_as_it_is_and_the_others_alone()
    {
        TestModels.Write(_folder.Path, "half", 1, TestModels.HalfPlusTwo());
        await File.WriteAllTextAsync(_folder.Combine("half", "model.json"), """{"maxQueue": 77}""", TestContext.Current.CancellationToken);
        TestModels.Write(_folder.Path, "never", 1, TestModels.HalfPlusTwo());
        await File.WriteAllTextAsync(_folder.Combine("never", "model.json"), """{"threads": 0}""", TestContext.Current.CancellationToken);
        await using var server = await StartAsync();
        Assert.Contains("Threads", Assert.Throws<TarnException>(() => server.Acquire("never", null, "")).Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(_folder.Combine("half", "model.json"), "{", TestContext.Current.CancellationToken);
        var changed = Until(server, static s => s.Table.Find("other")?.Default is not null);
        TestModels.Write(_folder.Path, "other", 1, TestModels.HalfPlusTwo(1));
        await changed;
        Assert.Equal<float[]>([3f], await AskAsync(server, "other", [1f]));
        Assert.Equal<float[]>([2.5f], await AskAsync(server, "half", [1f]));
        Assert.Equal(77, server.Table.Get("half").Default!.Options.MaxQueue);

        changed = Until(server, static s => s.Table.Get("never").Default is not null);
        File.Delete(_folder.Combine("never", "model.json"));
        await changed;
    }

    [Fact]
    public async Task Batches_that_a_model_cannot_take_are_an_error_where_they_are_asked_of_it_and_none_where_they_are_allowed_to_all()
    {
        TestModels.Write(_folder.Path, "mean", 1, TestModels.Mean());
        TestModels.Write(_folder.Path, "half", 1, TestModels.HalfPlusTwo());
        await using (var server = await StartAsync(new ServingOptions { Defaults = new ModelOptions { MaxBatchSize = 8 } }))
        {
            Assert.Equal((1, 8), (server.Table.Get("mean").Default!.MaxBatchRows, server.Table.Get("half").Default!.MaxBatchRows));
        }

        await using var strict = await StartAsync(new ServingOptions { Models = new Dictionary<string, ModelOptions> { ["mean"] = new() { MaxBatchSize = 8 } } });
        Assert.Contains("number of rows", Assert.Throws<TarnException>(() => strict.Acquire("mean", null, "")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_their_ranges_are_refused()
    {
        var error = Assert.Throws<TarnException>(() => new ModelServer([], new ServingOptions { Defaults = new ModelOptions { Threads = 0, MaxQueue = -1 } }, 2, TimeProvider.System, NullLoggerFactory.Instance));
        Assert.Contains("Threads", error.Message, StringComparison.Ordinal);
        Assert.Contains("MaxQueue", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_something_else_needs_is_loaded_whatever_the_policy()
    {
        for (var version = 1; version <= 3; version++)
        {
            TestModels.Write(_folder.Path, "half", version, TestModels.HalfPlusTwo(version));
        }

        await using var server = await StartAsync();
        await server.RequireAsync("gate", [new RequiredVersion("half", 1)], TestContext.Current.CancellationToken);
        Assert.Equal([1L, 3], server.Table.Get("half").Loaded.Select(static m => m.Version));
        var first = server.Table.Get("half").Find(1)!;
        await server.RequireAsync("gate", [], TestContext.Current.CancellationToken);
        Assert.Equal([3L], server.Table.Get("half").Loaded.Select(static m => m.Version));
        await first.Freed;
    }

    [Fact]
    public async Task Who_gives_up_waiting_for_a_load_does_not_stop_it()
    {
        TestModels.Write(_folder.Path, "half", 1, TestModels.HalfPlusTwo());
        await using var server = await StartAsync();
        await server.UnloadAsync("half", TestContext.Current.CancellationToken);
        using var impatient = new CancellationTokenSource();
        var changed = Until(server, static s => s.Table.Get("half").Default is not null);
        var loading = server.LoadAsync("half", impatient.Token);
        await impatient.CancelAsync();
        await loading.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        await changed;
    }

    public void Dispose() => _folder.Dispose();

    private async Task<ModelServer> StartAsync(ServingOptions? options = null, TimeProvider? time = null)
    {
        var server = new ModelServer([new FolderModelSource(_folder.Path)], options ?? new ServingOptions(), 2, time ?? TimeProvider.System, NullLoggerFactory.Instance);
        await server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    private static async Task<float[]> AskAsync(ModelServer server, string name, float[] x)
    {
        var model = server.Acquire(name, null, "");
        try
        {
            using var request = model.Rent();
            request.Inputs[0].Set(Native.OnnxElementType.Float, [x.Length], "x");
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(x.AsSpan()).CopyTo(request.Inputs[0].Bytes);
            await request.RunAsync();
            Assert.Null(request.Failure);
            return [.. System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(request.Outputs[0].Bytes)];
        }
        finally
        {
            model.Release();
        }
    }

    private static Task Until(ModelServer server, Func<ModelServer, bool> condition)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Changed += () =>
        {
            if (condition(server))
            {
                reached.TrySetResult();
            }
        };
        return reached.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
