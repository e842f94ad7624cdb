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

    public void Dispose() => _folder.Dispose();

    private async Task<ModelServer> StartAsync()
    {
        var server = new ModelServer([new FolderModelSource(_folder.Path)], new ServingOptions(), 2, TimeProvider.System, NullLoggerFactory.Instance);
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
