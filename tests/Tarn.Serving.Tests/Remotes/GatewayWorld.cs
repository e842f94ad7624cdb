using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>A gateway with one endpoint, <c>pizza</c>, whose variants a test says, and the cluster <c>gpu</c>. Its own model, <c>half_plus_two</c>, halves and adds two.</summary>
internal sealed class GatewayWorld : IAsyncDisposable
{
    public const string Predict = "/v1/models/pizza:predict";
    public const string Body = """{"instances": [1.0, 2.0, 5.0]}""";

    public static readonly Variant Remote = new("remote", VariantTarget.OfRemote("gpu"), 1);

    private readonly TemporaryDirectory _directory = new(inMemory: true);

    private GatewayWorld(RemoteOptions options, TimeProvider time) =>
        (Remotes, Store) = (new RemoteModels(new Dictionary<string, RemoteOptions> { ["gpu"] = options }, time, NullLoggerFactory.Instance, 7), MetadataStore.Open(_directory.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance));

    public RemoteModels Remotes { get; }

    public MetadataStore Store { get; }

    public EndpointBook Book { get; private set; } = null!;

    public EndpointStats Stats { get; } = new(TimeProvider.System);

    public ServingHost Host { get; private set; } = null!;

    public HttpClient Client => Host.Client;

    public static Task<GatewayWorld> StartAsync(params IReadOnlyList<string> urls) => StartAsync(new RemoteOptions { Urls = urls });

    public static async Task<GatewayWorld> StartAsync(RemoteOptions options, IReadOnlyList<Variant>? variants = null, TimeProvider? time = null, Action<IServiceCollection>? add = null)
    {
        var world = new GatewayWorld(options, time ?? TimeProvider.System);
        var cancellation = TestContext.Current.CancellationToken;
        world.Book = new EndpointBook(world.Store, TimeProvider.System, NullLoggerFactory.Instance);
        await world.Book.OpenAsync(cancellation: cancellation);
        await world.Book.CreateAsync(new EndpointDefinition("pizza", "half_plus_two") { Variants = variants ?? [Remote] }, new RouteChange("ada"), cancellation);
        world.Host = await ServingHost.StartAsync(
            static folder => TestModels.Write(folder, "half_plus_two", 1, TestModels.HalfPlusTwo()),
            add: services =>
            {
                services.AddSingleton(world.Book).AddSingleton(world.Stats).AddSingleton(world.Remotes);
                add?.Invoke(services);
            });
        return world;
    }

    /// <summary>Sends bytes as they are.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        return await Client.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Host is not null)
        {
            await Host.DisposeAsync();
        }

        await Remotes.DisposeAsync();
        await Book.DisposeAsync();
        await Store.DisposeAsync();
        _directory.Dispose();
    }
}
