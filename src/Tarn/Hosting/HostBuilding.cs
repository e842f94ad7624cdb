using System.Net.Security;
using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tarn.Console;
using Tarn.Core;
using Tarn.Pipelines;
using Tarn.Training;

namespace Tarn;

/// <summary>Puts the web application together.</summary>
internal static class HostBuilding
{
    /// <summary>How long a stop may take.</summary>
    public static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(4.5);

    // For the connections of 512 clients.
    private const long MostLargeBlocks = 512L * ConnectionMemory.Large;

    public static WebApplicationBuilder CreateBuilder(IConfiguration configuration, IReadOnlyList<ListenAddress> addresses, IReadOnlyList<ListenAddress> grpc, SecurityPlan security, TlsCertificate? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(HostBuilding).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Production,
        });

        // The framework reads addresses, among others, from its own configuration (Urls, Kestrel:Endpoints): it gets none, so that
        // nothing is listened on but what was checked. Services get the program's, without the addresses.
        builder.Configuration.Sources.Clear();
        builder.Services.AddSingleton<IConfiguration>(
            new ConfigurationBuilder().AddConfiguration(configuration).AddInMemoryCollection([new(TarnOptions.UrlsKey, "")]).Build());
        builder.Services.Configure<HostOptions>(static o => o.ShutdownTimeout = StopLimit);
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.UseSockets(static sockets =>
        {
            // Tensors are large, and each piece of them would cost a second call of the system; a connection that waits holds a block for it.
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        builder.Services.AddSingleton(static services => new ConnectionMemory(MostLargeBlocks, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(static services => services.GetRequiredService<ConnectionMemory>());
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = security.Options.MaxBodyBytes;
            foreach (var (address, isGrpc) in addresses.Select(static a => (a, false)).Concat(grpc.Select(static a => (a, true))))
            {
                kestrel.Listen(address.EndPoint, listen =>
                {
                    if (isGrpc)
                    {
                        listen.Protocols = HttpProtocols.Http2;
                    }

                    if (address.IsTls)
                    {
                        listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(new SslServerAuthenticationOptions { ServerCertificateContext = certificate!.Get() }) });
                    }
                });
            }
        });
        builder.Logging.ClearProviders();
        return builder;
    }

    public static void AddServices(
        IServiceCollection services, HostPlan plan, HostOptionsPlan options, HostInfo info, Notices notices, TimeProvider time, IdSource ids)
    {
        services.AddSingleton(info);
        services.AddSingleton(notices);
        services.AddSingleton(time);
        services.AddSingleton(ids);
        services.AddSingleton<EventHub>();
        services.AddSingleton<StatusReport>();
        services.AddSingleton<ModelCatalog>();
        services.AddSingleton(_ => BackboneCatalog.Open(Path.Combine(info.DataDirectory, "backbones")));
        services.AddSingleton<BackboneDownload>();
        services.AddSingleton<LoadedModels>();
        services.AddSingleton<DatasetReader>();
        services.AddSingleton(static s => s.GetRequiredService<ModelCatalog>().Runner);
        services.AddSingleton(options.Alerts.Delivery);
        services.AddSingleton(s => options.Alerts.Build(new AlertChannelParts(s.GetRequiredService<ILoggerFactory>(), notices, time, [.. s.GetServices<AlertChannel>()])));
        services.AddSingleton<AlertOutbox>();
        services.AddSingleton<AlertDelivery>();
        services.AddSingleton<AlertHistory>();
        services.AddSingleton(options.Telemetry);
        if (info.IsServer)
        {
            // First of all, so that it hears what the others do as they start and stop.
            services.AddHostedService<TelemetryService>();
            services.AddHostedService<AlertService>();
        }

        // One process at a time has a data directory: it stands for the node.
        options.Pipelines.NodeName ??= $"{Environment.MachineName}:{info.DataDirectory}";
        services.AddSingleton(Options.Create(options.Pipelines));
        services.AddPipelines();
        if (info.IsServer)
        {
            services.AddPipelineScheduler();
            services.AddHostedService<IdleTrim>();
        }
        else
        {
            services.AddLocalBackfills();
        }

        SecurityServices.Add(services, options.Security);
        ServingHosting.Add(services, plan, options.Serving, info);
        services.AddConsole();
        services.AddOpenApi(static o => o.AddDocumentTransformer<SecuritySchemes>());
        services.Configure<RouteHandlerOptions>(static o => o.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(static o =>
        {
            o.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
            o.SerializerOptions.TypeInfoResolverChain.Insert(1, SecurityJson.Default);
            o.SerializerOptions.Converters.Add(new InstantConverter());
            o.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
            o.SerializerOptions.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals;
        });
        foreach (var service in options.Services.Concat(plan.Services))
        {
            services.Add(service);
        }
    }

    /// <summary>The stores and loggers as instances: the container does not dispose of them, the host closes them last.</summary>
    public static void AddStores(IServiceCollection services, Stores stores, ILoggerFactory loggers)
    {
        services.AddSingleton(stores.Metadata);
        services.AddSingleton(stores.Log);
        services.AddSingleton(stores.Lake);
        services.AddSingleton(stores.Registry);
        services.AddSingleton(loggers);
    }

    /// <summary>The executor that starts this program again for one attempt.</summary>
    public static void AddChildProcesses(IServiceCollection services, ProgramSurroundings surroundings, OrchestratorOptions pipelines, ChildStart start)
    {
        ChildProcessOptions Options(bool shared) => new()
        {
            Program = surroundings.Command[0],
            Arguments = [.. surroundings.Command.Skip(1), RunAttemptVerb.Name],
            Input = start.ToJson(),
            Grace = pipelines.ChildProcessGraceFor(shared),
        };
        services.AddSingleton<TaskExecutor>(s => new ChildProcessExecutor(
            Options(s.GetRequiredService<MetadataStore>().IsShared), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<IdSource>(), s.GetRequiredService<ILoggerFactory>()));
    }

    /// <summary>The program handles signals itself.</summary>
    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
