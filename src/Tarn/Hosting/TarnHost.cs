using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>The program, running on an open data directory: its stores, its orchestrator, its HTTP port.</summary>
internal sealed partial class TarnHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Stores _stores;
    private readonly ILoggerFactory _loggers;
    private readonly IReadOnlyList<DataDirectory> _directories;
    private readonly bool _isServer;
    private bool _disposed;

    private TarnHost(WebApplication app, Stores stores, ILoggerFactory loggers, IReadOnlyList<DataDirectory> directories, bool isServer)
    {
        _app = app;
        _stores = stores;
        _loggers = loggers;
        _directories = directories;
        _isServer = isServer;
    }

    /// <summary>Where it listens, first of all addresses.</summary>
    public Uri Url => new(Urls[0]);

    public IReadOnlyList<string> Urls { get; private set; } = [];

    /// <summary>Where it answers gRPC; nowhere where that is off.</summary>
    public IReadOnlyList<string> GrpcUrls { get; private set; } = [];

    public IServiceProvider Services => _app.Services;

    /// <summary>The key by which this machine's verbs speak to it.</summary>
    public string LocalKey => _app.Services.GetRequiredService<Callers>().LocalKey;

    /// <summary>Starts: reads the configuration, lets systems decide, opens the data directory, opens what was declared, listens.</summary>
    /// <exception cref="TarnException">Something of that is not possible; nothing is left running or locked.</exception>
    public static async Task<TarnHost> StartAsync(ProgramPlan program, ProgramSurroundings surroundings, HostRequest request, CancellationToken cancellation)
    {
        var time = surroundings.Time;
        var layers = ConfigurationLayers.Build(program.Configuration, request.DataDirectory, surroundings.Environment, request.Settings);
        var plan = PlanSystems(program, request, layers.Root);
        var holder = new LockHolder(Environment.ProcessId, request.Command, time.GetUtcNow());
        var directories = new List<DataDirectory> { DataDirectory.Open(request.DataDirectory, holder) };
        if (request.IsServer && surroundings.OwnsProcess)
        {
            StartProfile.Begin(directories[0].Path);
        }

        ILoggerFactory? loggers = null;
        Stores? stores = null;
        WebApplication? app = null;
        try
        {
            var notices = new Notices(time);
            var context = new SystemStartContext(layers.Root, layers.Overrides, notices, directories[0].Path, request.IsServer, time);
            foreach (var hook in plan.BeforeOpen)
            {
                await hook(context, cancellation).ConfigureAwait(false);
            }

            if (context.Subdirectory is { } name)
            {
                directories.Add(DataDirectory.Open(Path.Combine(directories[0].Path, name), holder));
            }

            var data = directories[^1].Path;
            var options = HostOptionsPlan.Read(plan, layers);
            var addresses = ListenAddresses.Parse(request.IsServer ? layers.Root[TarnOptions.UrlsKey] ?? TarnOptions.DefaultUrls : "http://127.0.0.1:0", options.Security.Listening);
            var grpc = request.IsServer ? options.Serving.GrpcAddresses(addresses, options.Security.Listening) : [];
            IReadOnlyList<ListenAddress> all = [.. addresses, .. grpc];
            var ids = IdSource.Create(time);
            var info = new HostInfo(TarnApp.Version, time.GetUtcNow(), data, request.IsServer, plan.Systems);
            loggers = HostLogging.Create(surroundings, request, layers.Root);
            var certificate = all.Any(static a => a.IsTls) ? TlsCertificate.Open(options.Security.Tls, time, loggers.CreateLogger<TlsCertificate>()) : null;
            stores = await Stores.OpenAsync(data, options, time, ids, loggers, request.IsServer, cancellation).ConfigureAwait(false);
            var builder = HostBuilding.CreateBuilder(layers.Root, addresses, grpc, options.Security, certificate);
            HostBuilding.AddServices(builder.Services, plan, options, info, notices, time, ids);
            HostBuilding.AddStores(builder.Services, stores, loggers);
            HostBuilding.AddChildProcesses(builder.Services, surroundings, options.Pipelines, ChildOf(request, data, layers));
            app = builder.Build();
            HostLogging.AddProviders(loggers, app.Services);
            await app.Services.GetRequiredService<AlertOutbox>().MigrateAsync(cancellation).ConfigureAwait(false);
            await SecurityServices.OpenAsync(app.Services, all, cancellation).ConfigureAwait(false);
            await stores.Registry.OpenAsync(cancellation).ConfigureAwait(false);
            foreach (var open in plan.Open)
            {
                await open(stores, cancellation).ConfigureAwait(false);
            }

            await app.Services.GetRequiredService<ModelCatalog>().OpenAsync(plan.Models, stores.Lake, cancellation).ConfigureAwait(false);
            await app.Services.GetRequiredService<ServingParts>().OpenAsync(cancellation).ConfigureAwait(false);
            foreach (var hook in plan.AfterOpen)
            {
                await hook(app.Services, cancellation).ConfigureAwait(false);
            }

            // Pipelines are complete only now: those of SQL models come from their folders.
            PipelineChannels.Check(app.Services.GetRequiredService<PipelineCatalog>(), app.Services.GetRequiredService<AlertChannels>());
            HostPipeline.Map(app, plan);
            await ListenAsync(app, addresses, grpc, cancellation).ConfigureAwait(false);
            var host = new TarnHost(app, stores, loggers, directories, request.IsServer);
            host.Publish(info, holder, certificate, addresses.Count);
            return host;
        }
        catch
        {
            if (app is not null)
            {
                await StopStartedAsync(app).ConfigureAwait(false);
                await app.DisposeAsync().ConfigureAwait(false);
            }

            if (stores is not null)
            {
                await stores.DisposeAsync().ConfigureAwait(false);
            }

            loggers?.Dispose();
            Release(directories);
            throw;
        }
    }

    /// <summary>Stops within <see cref="HostBuilding.StopLimit"/>, closes everything, and lets go of the data directory.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_isServer)
        {
            foreach (var directory in _directories)
            {
                ServerFile.Remove(directory.Path);
                ServerKey.Remove(directory.Path);
            }
        }

        using var limit = new CancellationTokenSource(HostBuilding.StopLimit);
        await _app.StopAsync(limit.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        await _stores.DisposeAsync().ConfigureAwait(false);
        _loggers.Dispose();
        Release(_directories);
    }

    /// <summary>Stops what had started when the start failed: a task that has begun by then must end as one does whose process stops, before the services that it uses are gone.</summary>
    private static async Task StopStartedAsync(WebApplication app)
    {
        using var limit = new CancellationTokenSource(HostBuilding.StopLimit);
        try
        {
            await app.StopAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is AggregateException or OperationCanceledException)
        {
            // The error that kept the program from starting is the one to tell.
            LogNotStopped(app.Logger, error);
        }
    }

    private static void Release(IReadOnlyList<DataDirectory> directories)
    {
        for (var i = directories.Count - 1; i >= 0; i--)
        {
            directories[i].Dispose();
        }
    }

    internal static HostPlan PlanSystems(ProgramPlan program, HostRequest request, IConfiguration configuration)
    {
        var plan = program.Common.Copy();
        foreach (var (system, configure) in program.Systems)
        {
            if (request.Systems.Count == 0 || request.Systems.Contains(system.Name))
            {
                plan.Systems.Add(system);
                configure(new SystemBuilder(plan, system, configuration, request.IsServer));
            }
        }

        return plan;
    }

    private static ChildStart ChildOf(HostRequest request, string data, ConfigurationLayers layers) => new()
    {
        DataDirectory = request.DataDirectory,
        Data = data,
        Systems = request.Systems,
        Settings = request.Settings,
        Overrides = layers.Overrides,
    };

    private static async Task ListenAsync(WebApplication app, IReadOnlyList<ListenAddress> addresses, IReadOnlyList<ListenAddress> grpc, CancellationToken cancellation)
    {
        try
        {
            await app.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (IOException exception) when (exception.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw await PortOwner.TakenAsync(addresses, grpc, exception, cancellation).ConfigureAwait(false);
        }
        catch (System.Net.Sockets.SocketException exception)
        {
            throw new TarnException(
                ErrorKind.Unavailable,
                $"The server has to listen on its address, and cannot: {exception.Message}.",
                string.Join(", ", addresses.Concat(grpc)),
                "Choose another one with --urls, for gRPC with --set Serving:GrpcUrls=URL.",
                exception);
        }
    }

    private void Publish(HostInfo info, LockHolder holder, TlsCertificate? certificate, int httpCount)
    {
        List<string> listening = [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        (Urls, GrpcUrls) = (listening[..httpCount], listening[httpCount..]);
        (info.Urls, info.GrpcUrls) = (Urls, GrpcUrls);
        if (_isServer)
        {
            PublishKey(certificate);
            if (certificate is not null)
            {
                certificate.Changed += () => PublishKey(certificate);
            }

            var file = new ServerFile(ListenAddresses.Reachable(Urls[0]), holder.Pid, info.StartedAt, info.Version, info.DataDirectory, GrpcUrls.Count > 0 ? ListenAddresses.Reachable(GrpcUrls[0]) : null);
            foreach (var directory in _directories.Reverse())
            {
                // The outermost last: who finds that one finds the others.
                file.Write(directory.Path);
            }
        }

        info.IsReady = true;
    }

    /// <summary>Lets this machine's verbs in, where callers authenticate, and lets them know the certificate.</summary>
    private void PublishKey(TlsCertificate? certificate)
    {
        var key = Services.GetRequiredService<SecurityPlan>().IsRequired ? LocalKey : null;
        if (key is null && certificate is null)
        {
            return;
        }

        foreach (var directory in _directories.Reverse())
        {
            new ServerKey(key, certificate?.Fingerprint).Write(directory.Path);
        }
    }

    [LoggerMessage(7061, LogLevel.Warning, "What had started could not be stopped in order, after the start had failed")]
    private static partial void LogNotStopped(ILogger logger, Exception exception);
}
