using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>A server of some sources, and one-dimensional questions to it.</summary>
internal sealed class TestServer(ModelServer server) : IAsyncDisposable
{
    public ModelServer Server => server;

    public static async Task<TestServer> StartAsync(ModelSource source, ServingOptions? options = null)
    {
        var server = new ModelServer([source], options ?? new ServingOptions(), 2, TimeProvider.System, NullLoggerFactory.Instance);
        await server.StartAsync(TestContext.Current.CancellationToken);
        return new TestServer(server);
    }

    /// <summary>The answer, or the failure as an exception.</summary>
    public async Task<float[]> AskAsync(string model, float value, long? version = null, string alias = "") => (await AskWithVersionAsync(model, value, version, alias)).Answer;

    public async Task<(float[] Answer, long Version)> AskWithVersionAsync(string model, float value, long? version = null, string alias = "")
    {
        var loaded = server.Acquire(model, version, alias);
        try
        {
            using var request = loaded.Rent<float>([1], value);
            await request.RunAsync();
            return request.Failure is null ? (request.Read<float>(), loaded.Version) : throw request.Failure;
        }
        finally
        {
            loaded.Release();
        }
    }

    /// <summary>Changes something, and waits until the table of models is as expected.</summary>
    public async Task Until(Func<Task> change, Func<ModelTable, bool> condition)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (condition(server.Table))
            {
                reached.TrySetResult();
            }
        }

        server.Changed += Look;
        try
        {
            await change();
            Look();
            await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"It did not come about. {string.Join(", ", server.Table.All.Select(static m => $"{m.Name}: {string.Join(' ', m.Versions.Select(static v => $"{v.Version} {v.State} {v.Error?.Message}"))}"))}");
        }
        finally
        {
            server.Changed -= Look;
        }
    }

    public Task Until(Action change, Func<ModelTable, bool> condition) => Until(
        () =>
        {
            change();
            return Task.CompletedTask;
        },
        condition);

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
