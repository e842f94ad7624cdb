using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Serving;

namespace Tarn;

/// <summary>Everything that was declared, gathered for one start of the host.</summary>
internal sealed class HostPlan
{
    public IServiceCollection Services { get; } = new ServiceCollection();

    public List<SystemPlan> Systems { get; } = [];

    public List<Func<SystemStartContext, CancellationToken, Task>> BeforeOpen { get; } = [];

    /// <summary>Opens what was declared, in order of declaration: topics and tables.</summary>
    public List<Func<Stores, CancellationToken, Task>> Open { get; } = [];

    public List<Func<IServiceProvider, CancellationToken, Task>> AfterOpen { get; } = [];

    public List<ApiPlan> Apis { get; } = [];

    public List<OptionsPlan> Options { get; } = [];

    /// <summary>The folders of SQL models; all are checked together, once the tables are open.</summary>
    public List<ModelFolder> Models { get; } = [];

    /// <summary>The endpoints that are declared.</summary>
    public List<EndpointDefinition> Endpoints { get; } = [];

    /// <summary>A plan with everything of this one, to which a start adds its own.</summary>
    public HostPlan Copy()
    {
        var copy = new HostPlan();
        foreach (var service in Services)
        {
            copy.Services.Add(service);
        }

        copy.Systems.AddRange(Systems);
        copy.BeforeOpen.AddRange(BeforeOpen);
        copy.Open.AddRange(Open);
        copy.AfterOpen.AddRange(AfterOpen);
        copy.Apis.AddRange(Apis);
        copy.Options.AddRange(Options);
        copy.Models.AddRange(Models);
        copy.Endpoints.AddRange(Endpoints);
        return copy;
    }
}

/// <summary>One system of the program.</summary>
internal sealed class SystemPlan(string name, string description)
{
    public string Name { get; } = name;

    public string Description { get; } = description;

    public string Title { get; set; } = string.Concat(name[..1].ToUpperInvariant(), name[1..]);

    public string? Page { get; set; }

    public Func<IServiceProvider, CancellationToken, Task<SystemStatus>> Status { get; set; } =
        static (_, _) => Task.FromResult(new SystemStatus(SystemState.Ok, "Running."));
}

/// <summary>Routes under <c>/api/v1/PREFIX</c>; <paramref name="System"/> is null for those of the program itself.</summary>
internal sealed record ApiPlan(string Prefix, SystemPlan? System, Action<RouteGroupBuilder> Map);
