using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;

namespace Tarn;

/// <summary>Puts one system together. It is called once per start, for the systems that were selected.</summary>
public sealed class SystemBuilder : PartsBuilder
{
    private readonly SystemPlan _system;

    internal SystemBuilder(HostPlan plan, SystemPlan system, IConfiguration configuration, bool isServer)
        : base(plan)
    {
        _system = system;
        Configuration = configuration;
        IsServer = isServer;
    }

    /// <summary>The system's name.</summary>
    public string Name => _system.Name;

    /// <summary>True for <c>up</c>, which serves; false where a single verb opens the data directory for itself: start nothing in the background then.</summary>
    public bool IsServer { get; }

    /// <summary>
    /// The configuration with all its layers. Hooks of <see cref="BeforeOpen"/> can still override keys: what must see that reads
    /// its options (<see cref="PartsBuilder.AddOptions{T}"/>) when it runs.
    /// </summary>
    public IConfiguration Configuration { get; }

    /// <summary>The title for people; default is the name with a capital.</summary>
    public SystemBuilder Title(string title)
    {
        _system.Title = title;
        return this;
    }

    /// <summary>The system's page in the console, as in <c>/quakes</c>; none by default.</summary>
    public SystemBuilder Page(string path)
    {
        _system.Page = path;
        return this;
    }

    /// <summary>
    /// Decides things before the data directory is opened: probe a source, override a configuration key, choose a
    /// sub-directory for the data. Runs on every start, also that of a single verb (see <see cref="SystemStartContext.IsServer"/>).
    /// </summary>
    public SystemBuilder BeforeOpen(Func<SystemStartContext, CancellationToken, Task> hook)
    {
        Plan.BeforeOpen.Add(hook);
        return this;
    }

    /// <summary>
    /// Does something once everything is open and declared topics and tables exist, before the first request and the first
    /// pipeline run. What it throws stops the start.
    /// </summary>
    public SystemBuilder AfterOpen(Func<IServiceProvider, CancellationToken, Task> hook)
    {
        Plan.AfterOpen.Add(hook);
        return this;
    }

    /// <summary>Says how the system is doing; asked at start and for each <c>/api/v1/status</c>, so it should answer in milliseconds. Default: ok.</summary>
    public SystemBuilder ReportStatus(Func<IServiceProvider, CancellationToken, Task<SystemStatus>> report)
    {
        _system.Status = report;
        return this;
    }

    /// <summary>Adds routes of the system's own under <c>/api/v1/NAME</c>.</summary>
    public SystemBuilder MapApi(Action<RouteGroupBuilder> map)
    {
        Plan.Apis.Add(new ApiPlan(_system.Name, _system, map));
        return this;
    }
}
