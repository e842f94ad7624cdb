using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Tarn;

/// <summary>A section of the configuration that is read into an options class at start.</summary>
internal abstract class OptionsPlan(string section)
{
    public string Section { get; } = section;

    /// <summary>Reads and checks the section; registers the options where nothing is wrong.</summary>
    public abstract void Register(IConfiguration configuration, IServiceCollection services, List<OptionError> errors);
}

/// <inheritdoc/>
internal sealed class OptionsPlan<T>(string section) : OptionsPlan(section)
    where T : class, new()
{
    public override void Register(IConfiguration configuration, IServiceCollection services, List<OptionError> errors)
    {
        var found = errors.Count;
        var options = OptionsReader.Read<T>(configuration.GetSection(Section), errors);
        if (errors.Count == found)
        {
            services.AddSingleton(options);
            services.AddSingleton(Options.Create(options));
        }
    }
}
