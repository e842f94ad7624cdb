using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>A real server on loopback with models, an endpoint of two variants, the prediction log, the page of metrics, and what it logged.</summary>
internal sealed class TelemetryHost : IAsyncDisposable
{
    private readonly TemporaryDirectory _folder = new(inMemory: true);
    private readonly PredictionWorld _world = new();
    private readonly AccessLines _lines = new();
    private WebApplication _app = null!;
    private MetadataStore _metadata = null!;
    private EndpointBook _book = null!;
    private PredictionLog _predictions = null!;
    private ModelServer _models = null!;
    private bool _isStopped;

    public HttpClient Client { get; private set; } = null!;

    public IServiceProvider Services => _app.Services;

    public static async Task<TelemetryHost> StartAsync(AccessLogLevel access = AccessLogLevel.All)
    {
        var host = new TelemetryHost();
        await host.OpenAsync(access);
        return host;
    }

    public async Task<(int Status, string Body)> PostAsync(string path, string json, string? traceParent = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (traceParent is not null)
        {
            request.Headers.Add("traceparent", traceParent);
        }

        using var answer = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async Task<ExpositionText> MetricsAsync(bool isOpen = false) => ExpositionText.Parse((await PageAsync(isOpen)).Text, isOpen);

    public async Task<(string Text, MediaTypeHeaderValue Type)> PageAsync(bool isOpen = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Add("Accept", isOpen ? "application/openmetrics-text;version=1.0.0" : "text/plain");
        using var answer = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)answer.StatusCode);
        return (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), answer.Content.Headers.ContentType!);
    }

    /// <summary>Stops the server, and gives the lines of the access log.</summary>
    public async Task<IReadOnlyList<string>> AccessAsync()
    {
        await StopAsync();
        return [.. _lines.Lines];
    }

    /// <summary>Stops the server, and gives what the prediction log has.</summary>
    public async Task<IReadOnlyList<PredictionRecord>> PredictionsAsync()
    {
        await StopAsync();
        await _predictions.DrainAsync(TestContext.Current.CancellationToken);
        return [.. (await _world.TopicAsync()).Select(static f => f.Value)];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Client.Dispose();
        await _predictions.DisposeAsync();
        await _book.DisposeAsync();
        await _metadata.DisposeAsync();
        await _models.DisposeAsync();
        await _world.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StopAsync()
    {
        if (!_isStopped)
        {
            _isStopped = true;
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }

    private async Task OpenAsync(AccessLogLevel access)
    {
        TestModels.Write(_folder.Combine("models"), "dense", 1, TestModels.Dense(), "cat\ndog\nfish\n");
        TestModels.Write(_folder.Combine("models"), "lookup", 3, TestModels.Lookup());
        _models = new ModelServer([new FolderModelSource(_folder.Combine("models"))], new ServingOptions(), 2, TimeProvider.System, NullLoggerFactory.Instance);
        await _models.StartAsync();
        _metadata = MetadataStore.Open(_folder.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance);
        _book = new EndpointBook(_metadata, TimeProvider.System, NullLoggerFactory.Instance);
        await _book.OpenAsync();
        await _book.CreateAsync(new EndpointDefinition("pets", "dense") { Variants = [new Variant("main", VariantTarget.OfAlias("champion"), 1)] }, new RouteChange("test"));
        _predictions = await _world.OpenAsync(new PredictionLogOptions { SegmentBytes = 1 << 20, MaxUnmovedBytes = 64 << 20 });

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static k => k.Listen(System.Net.IPAddress.Loopback, 0, static l => l.Protocols = HttpProtocols.Http1));

        // The lines go to a factory of their own: a server with log destinations makes a span of each request by itself.
        builder.Services.AddSingleton(_models).AddSingleton(new ServingInfo("1.2.3")).AddSingleton(_book).AddSingleton(new EndpointStats(TimeProvider.System)).AddSingleton(_predictions)
            .AddSingleton(IdSource.Create(TimeProvider.System)).AddSingleton(new AccessLogOptions(access)).AddServing();
        builder.Services.AddSingleton(s => new AccessLog(s.GetRequiredService<AccessLogOptions>(), _lines));
        _app = builder.Build();
        _app.UseServing();
        _app.MapGet("/metrics", _app.Services.GetRequiredService<MetricsPage>().SendAsync);
        await _app.StartAsync();
        Client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = new Uri(_app.Urls.Single()) };
    }
}

/// <summary>Keeps the lines that are logged in the access log's category.</summary>
internal sealed class AccessLines : ILoggerFactory, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    /// <summary>What each line waits for before it is taken; null for nothing.</summary>
    public SemaphoreSlim? Gate { get; init; }

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => categoryName == "Tarn.Access" ? this : NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Gate?.Wait(TestContext.Current.CancellationToken);
        Lines.Enqueue(formatter(state, exception));
    }

    public void Dispose()
    {
    }
}
