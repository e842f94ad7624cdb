using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn;

/// <summary>
/// The program inside the process of one attempt: its services on the stores of the parent, which holds the data directory's lock and has made what there is to make. It migrates nothing, starts nothing,
/// listens nowhere, and asks no system's hooks again: what they decided came with the order.
/// </summary>
internal sealed class ChildHost : IServiceProvider, IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Stores _stores;
    private readonly ILoggerFactory _loggers;

    private ChildHost(WebApplication app, Stores stores, ILoggerFactory loggers)
    {
        _app = app;
        _stores = stores;
        _loggers = loggers;
    }

    /// <exception cref="TarnException">The configuration or what it names cannot be used.</exception>
    public static async Task<ChildHost> OpenAsync(ProgramPlan program, ProgramSurroundings surroundings, ChildStart start, CancellationToken cancellation)
    {
        var time = surroundings.Time;
        var request = new HostRequest { DataDirectory = start.DataDirectory, Command = "an attempt", IsServer = false, Systems = start.Systems, Settings = start.Settings };
        var layers = ConfigurationLayers.Build(program.Configuration, request.DataDirectory, surroundings.Environment, request.Settings);
        var plan = TarnHost.PlanSystems(program, request, layers.Root);
        foreach (var (key, value) in start.Overrides)
        {
            layers.Overrides[key] = value;
        }

        layers.Root.Reload();
        var options = HostOptionsPlan.Read(plan, layers);
        var ids = IdSource.Create(time);

        // Lines go to the attempt's log, and from there to the parent's: written here as well they would come twice.
        var loggers = HostLogging.Create(surroundings.Quiet(), request, layers.Root);
        Stores? stores = null;
        WebApplication? app = null;
        try
        {
            stores = await Stores.OpenAsync(start.Data, options, time, ids, loggers, isAwaited: true, cancellation, static (_, _, _) => new ParentTopicLog()).ConfigureAwait(false);
            var builder = HostBuilding.CreateBuilder(layers.Root, [], [], options.Security);
            HostBuilding.AddServices(builder.Services, plan, options, new HostInfo(TarnApp.Version, time.GetUtcNow(), start.Data, false, plan.Systems), new Notices(time), time, ids);
            HostBuilding.AddStores(builder.Services, stores, loggers);
            HostBuilding.AddChildProcesses(builder.Services, surroundings, options.Pipelines, start);
            app = builder.Build();
            HostLogging.AddProviders(loggers, app.Services);
            await stores.Registry.AttachAsync(cancellation).ConfigureAwait(false);
            foreach (var open in plan.Open)
            {
                await open(stores, cancellation).ConfigureAwait(false);
            }

            await app.Services.GetRequiredService<ModelCatalog>().OpenAsync(plan.Models, stores.Lake, cancellation).ConfigureAwait(false);
            return new ChildHost(app, stores, loggers);
        }
        catch
        {
            await CloseAsync(app, stores, loggers).ConfigureAwait(false);
            throw;
        }
    }

    public object? GetService(Type serviceType) => _app.Services.GetService(serviceType);

    public async ValueTask DisposeAsync() => await CloseAsync(_app, _stores, _loggers).ConfigureAwait(false);

    private static async ValueTask CloseAsync(WebApplication? app, Stores? stores, ILoggerFactory loggers)
    {
        if (app is not null)
        {
            await app.DisposeAsync().ConfigureAwait(false);
        }

        if (stores is not null)
        {
            await stores.DisposeAsync().ConfigureAwait(false);
        }

        loggers.Dispose();
    }
}
