using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Versions that are on their way: what answers until they are there, and what is said where nothing does.</summary>
public sealed class ArrivingVersionTests
{
    [Fact]
    public async Task An_alias_that_moves_means_the_version_before_until_the_new_one_is_loaded()
    {
        var source = new ScriptedModelSource();
        source.Set(1, TestModels.HalfPlusTwo(1), "champion");
        source.Set(2, TestModels.HalfPlusTwo(2), "challenger");
        await using var served = await TestServer.StartAsync(source);
        var held = new TaskCompletionSource();
        source.Opening = held.Task;

        await served.Until(() => source.Set(3, TestModels.HalfPlusTwo(3), "champion"), static t => t.Get("half").Versions.Any(static v => v is { Version: 3, State: VersionState.Loading }));
        var half = served.Server.Inspect("half")!;
        Assert.Equal((1L, 3L, 1L), (half.Aliases["champion"], half.Arriving["champion"], half.Default));
        Assert.Equal((1L, 1L), ((await served.AskWithVersionAsync("half", 1, alias: "champion")).Version, (await served.AskWithVersionAsync("half", 1)).Version));

        await served.Until(held.SetResult, static t => t.Get("half").Aliases["champion"] == 3 && t.Get("half").Loaded.Count == 2);
        Assert.Equal([2L, 3L], served.Server.Table.Get("half").Loaded.Select(static m => m.Version));
        Assert.Empty(served.Server.Inspect("half")!.Arriving);
        Assert.Equal(3L, (await served.AskWithVersionAsync("half", 1, alias: "champion")).Version);
    }

    [Fact]
    public async Task An_alias_that_moves_to_what_cannot_be_loaded_goes_on_to_mean_the_version_before_until_that_is_mended()
    {
        var source = new ScriptedModelSource();
        source.Set(1, TestModels.HalfPlusTwo(1), "champion");
        source.Set(2, TestModels.HalfPlusTwo(2), "challenger");
        await using var served = await TestServer.StartAsync(source);

        await served.Until(() => source.Set(3, [1, 2, 3], "champion"), static t => t.Get("half").Versions.Any(static v => v is { Version: 3, State: VersionState.End }));
        await served.Server.RequireAsync("another look", [], TestContext.Current.CancellationToken);
        Assert.Equal([1L, 2L], served.Server.Table.Get("half").Loaded.Select(static m => m.Version));
        Assert.Equal((1L, 1L), ((await served.AskWithVersionAsync("half", 1, alias: "champion")).Version, (await served.AskWithVersionAsync("half", 1)).Version));

        await served.Until(() => source.Set(3, TestModels.HalfPlusTwo(3)), static t => t.Get("half").Aliases["champion"] == 3 && t.Get("half").Loaded.Count == 2);
        Assert.Equal(3L, (await served.AskWithVersionAsync("half", 1)).Version);
    }

    [Fact]
    public async Task An_endpoint_says_whether_its_model_is_on_its_way_or_not_there()
    {
        using var directory = new TemporaryDirectory();
        await using var store = MetadataStore.Open(directory.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance);
        await using var book = new EndpointBook(store, TimeProvider.System, NullLoggerFactory.Instance);
        await book.OpenAsync([new EndpointDefinition("pizza", "half") { Remedy = "Train it." }], TestContext.Current.CancellationToken);
        var source = new ScriptedModelSource();
        await using var host = await ServingHost.StartAsync(
            static _ => { }, add: services => services.AddSingleton(book).AddSingleton(new EndpointStats(TimeProvider.System)), source: source);

        var nothing = await AskAsync(host);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, null), (nothing.Status, nothing.RetryAfter));
        Assert.Contains("An endpoint answers once its model has a version that is served. (value: pizza: alias champion of the model half) Train it.", nothing.Body, StringComparison.Ordinal);

        // What has been told of is not looked at yet.
        var (listing, opening) = (new TaskCompletionSource(), new TaskCompletionSource());
        (source.Listing, source.Opening) = (listing.Task, opening.Task);
        source.Set(1, TestModels.HalfPlusTwo());
        Assert.True(host.Models.IsCatchingUp);
        await NotYetAsync(host, "changes that are being taken in");

        // It is being loaded, and is champion of nothing yet: it will stand for one.
        var loading = ChangeAsync(host.Models, static m => m.Inspect("half")?.Find(1)?.State == VersionState.Loading);
        listing.SetResult();
        await loading;
        await NotYetAsync(host, "half version 1 is being loaded");

        var loaded = ChangeAsync(host.Models, static m => m.Inspect("half")?.Find(1)?.State == VersionState.Available);
        opening.SetResult();
        await loaded;
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(host)).Status);
    }

    private static async Task NotYetAsync(ServingHost host, string why)
    {
        var (status, retryAfter, body) = await AskAsync(host);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(1)), (status, retryAfter));
        Assert.Contains(why, body, StringComparison.Ordinal);
    }

    private static async Task<(HttpStatusCode Status, TimeSpan? RetryAfter, string Body)> AskAsync(ServingHost host)
    {
        using var body = new StringContent("""{"instances": [1]}""");
        using var answer = await host.Client.PostAsync(new Uri("/v1/endpoints/pizza/predict", UriKind.Relative), body, TestContext.Current.CancellationToken);
        return (answer.StatusCode, answer.Headers.RetryAfter?.Delta, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static async Task ChangeAsync(ModelServer models, Func<ModelServer, bool> isSo)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (isSo(models))
            {
                reached.TrySetResult();
            }
        }

        models.Changed += Look;
        try
        {
            Look();
            await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
        finally
        {
            models.Changed -= Look;
        }
    }
}
