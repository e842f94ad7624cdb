using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Lake;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>All options of a start, read and checked together.</summary>
internal sealed class HostOptionsPlan
{
    private HostOptionsPlan(MetadataStorePlan metadata, LakeOptions lake, LakeStorePlan lakeStore, RegistryPlan registry, OrchestratorOptions pipelines, AlertPlan alerts, SecurityPlan security, ServingPlan serving, TelemetryPlan telemetry, IServiceCollection services)
    {
        Metadata = metadata;
        Lake = lake;
        LakeStore = lakeStore;
        Registry = registry;
        Pipelines = pipelines;
        Alerts = alerts;
        Security = security;
        Serving = serving;
        Telemetry = telemetry;
        Services = services;
    }

    /// <summary>Where the program's own state is.</summary>
    public MetadataStorePlan Metadata { get; }

    public LakeOptions Lake { get; }

    /// <summary>Where the lake's objects are.</summary>
    public LakeStorePlan LakeStore { get; }

    /// <summary>Where the files of training runs and model versions are.</summary>
    public RegistryPlan Registry { get; }

    public OrchestratorOptions Pipelines { get; }

    /// <summary>Where alerts go.</summary>
    public AlertPlan Alerts { get; }

    /// <summary>Who may call, and how.</summary>
    public SecurityPlan Security { get; }

    /// <summary>How models are served.</summary>
    public ServingPlan Serving { get; }

    /// <summary>Where metrics and traces go.</summary>
    public TelemetryPlan Telemetry { get; }

    /// <summary>The registrations of the systems' own options.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Reads the options.</summary>
    /// <exception cref="Core.TarnException">Values break their rules; it names all of them.</exception>
    public static HostOptionsPlan Read(HostPlan plan, ConfigurationLayers layers)
    {
        var errors = new List<OptionError>();
        var metadata = MetadataStorePlan.Read(layers.Root.GetSection(MetadataStorePlan.Section), errors);
        var lake = OptionsReader.Read<LakeOptions>(layers.Root.GetSection("Lake"), errors, LakeStorePlan.StoreKey, LakeStorePlan.S3Key);
        Check(lake.Errors(), "Lake", errors);
        var lakeStore = LakeStorePlan.Read(layers.Root.GetSection("Lake"), errors);
        var registry = RegistryPlan.Read(layers.Root.GetSection(RegistryPlan.Section), errors);
        var pipelines = OptionsReader.Read<OrchestratorOptions>(layers.Root.GetSection("Pipelines"), errors);
        if (layers.Root["Pipelines:StopGrace"] is null)
        {
            // Within the five seconds in which `up` stops.
            pipelines.StopGrace = TimeSpan.FromSeconds(3);
        }

        Check(pipelines.Errors(), "Pipelines", errors);
        var alerts = AlertPlan.Read(layers.Root, errors);
        var security = SecurityPlan.Read(layers.Root.GetSection(SecurityPlan.Section), errors);
        var serving = ServingPlan.Read(layers.Root.GetSection(ServingPlan.Section), errors);
        var telemetry = TelemetryPlan.Read(layers.Root.GetSection(TelemetryPlan.Section), errors);
        var services = new ServiceCollection();
        foreach (var options in plan.Options)
        {
            options.Register(layers.Root, services, errors);
        }

        return errors.Count == 0 ? new HostOptionsPlan(metadata, lake, lakeStore, registry, pipelines, alerts, security, serving, telemetry, services) : throw OptionError.ToException(errors, layers.SourceOf);
    }

    private static void Check(IEnumerable<string> found, string section, List<OptionError> errors)
    {
        foreach (var error in found)
        {
            errors.Add(new OptionError(section, null, error));
        }
    }
}
