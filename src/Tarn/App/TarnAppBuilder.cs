using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Core;

namespace Tarn;

/// <summary>Puts a program together: its systems, and what belongs to the program as a whole.</summary>
public sealed class TarnAppBuilder : PartsBuilder
{
    private readonly string[] _arguments;
    private readonly List<(SystemPlan Plan, Action<SystemBuilder> Configure)> _systems = [];
    private readonly List<UpOption> _options = [];

    internal TarnAppBuilder(string[] arguments)
        : base(new HostPlan())
    {
        _arguments = arguments;
        Configuration = new ConfigurationManager();
        var file = Path.Combine(AppContext.BaseDirectory, "appsettings.json");
        if (File.Exists(file))
        {
            Configuration.AddJsonFile(file);
        }
    }

    /// <summary>
    /// The program's own configuration, the lowest layer: its appsettings.json, and the keys and sources that you add here.
    /// The data directory's tarn.json, the environment and the command line come above it.
    /// </summary>
    public ConfigurationManager Configuration { get; }

    /// <summary>The name that the program is called by, in its help and examples; default <c>tarn</c>.</summary>
    public string Name { get; set; } = "tarn";

    /// <summary>What tests set: the terminal, the environment, the clock. Null for the process's own.</summary>
    internal ProgramSurroundings? Surroundings { get; set; }

    /// <summary>Adds a system: a named part of the program that <c>up NAME…</c> can select.</summary>
    /// <param name="name">Lower-case letters, digits and hyphens; unique in the program.</param>
    /// <param name="description">One sentence for the help and the console.</param>
    /// <param name="configure">Puts it together; called when the host starts, and only where the system was selected.</param>
    /// <exception cref="TarnException">The name is not of that form, or taken.</exception>
    public TarnAppBuilder AddSystem(string name, string description, Action<SystemBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        if (name.Length is 0 or > 64 || !char.IsAsciiLetterLower(name[0]) || !name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
        {
            throw TarnException.InvalidInput("A system is named by a lower-case letter, then lower-case letters, digits and hyphens, 64 at most.", name);
        }

        if (_systems.Exists(s => s.Plan.Name == name))
        {
            throw TarnException.Conflict("A program has one system of a name.", name, "Give the other one another name.");
        }

        _systems.Add((new SystemPlan(name, description), configure));
        return this;
    }

    /// <summary>Adds an option to <c>up</c> that sets a configuration key.</summary>
    /// <param name="option">The option, as in <c>--feed</c>.</param>
    /// <param name="configurationKey">The key that it sets, as in <c>Quakes:Feed</c>.</param>
    /// <param name="help">What it does, for the help.</param>
    /// <param name="example">What follows the program's name in an example of it, as in <c>up quakes --feed simulated</c>.</param>
    public TarnAppBuilder AddOption(string option, string configurationKey, string help, string? example = null)
    {
        if (!option.StartsWith("--", StringComparison.Ordinal) || _options.Exists(o => o.Name == option))
        {
            throw TarnException.InvalidInput("An option of `up` starts with two hyphens and is added once.", option);
        }

        _options.Add(new UpOption(option, configurationKey, help, example));
        return this;
    }

    /// <summary>Adds routes of the program's own under <c>/api/v1/PREFIX</c>.</summary>
    public TarnAppBuilder MapApi(string prefix, Action<RouteGroupBuilder> map)
    {
        Plan.Apis.Add(new ApiPlan(prefix, null, map));
        return this;
    }

    /// <summary>Closes the program; run it with <see cref="TarnApp.RunAsync"/>.</summary>
    public TarnApp Build() => new(Close(), _arguments, Surroundings ?? ProgramSurroundings.OfProcess());

    internal ProgramPlan Close() => new(Name, Plan, [.. _systems], [.. _options], Configuration);
}

/// <summary>An option that a program adds to <c>up</c>.</summary>
internal sealed record UpOption(string Name, string Key, string Help, string? Example);

/// <summary>The whole program as it was put together.</summary>
internal sealed record ProgramPlan(
    string Name, HostPlan Common, IReadOnlyList<(SystemPlan Plan, Action<SystemBuilder> Configure)> Systems, IReadOnlyList<UpOption> Options, IConfigurationRoot Configuration);
