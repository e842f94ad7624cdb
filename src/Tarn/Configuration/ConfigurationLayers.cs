using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.FileProviders;
using Tarn.Core;

namespace Tarn;

/// <summary>
/// The configuration in its layers, each above the one before: the program's own (its appsettings.json and what its code
/// sets), tarn.json in the data directory, the environment, the command line, what a system decided at start.
/// </summary>
internal sealed class ConfigurationLayers
{
    private const string EnvironmentPrefix = "TARN__";

    private readonly List<(string Name, IConfigurationProvider Provider)> _layers = [];

    private ConfigurationLayers(IConfigurationRoot root, Dictionary<string, string?> overrides)
    {
        Root = root;
        Overrides = overrides;
    }

    public IConfigurationRoot Root { get; }

    /// <summary>What systems decide at start; reload <see cref="Root"/> after a change.</summary>
    public Dictionary<string, string?> Overrides { get; }

    public static ConfigurationLayers Build(
        IConfigurationRoot program, string dataDirectory, IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string?> commandLine)
    {
        var overrides = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var builder = new ConfigurationBuilder();
        var names = new List<string>();

        void Layer(string name, IConfigurationSource source)
        {
            names.Add(name);
            builder.Add(source);
        }

        Layer("program", new ChainedConfigurationSource { Configuration = program, ShouldDisposeConfiguration = false });
        var file = Path.Combine(dataDirectory, "tarn.json");
        if (File.Exists(file))
        {
            Layer(file, new JsonConfigurationSource { FileProvider = new PhysicalFileProvider(dataDirectory), Path = "tarn.json", ReloadOnChange = false });
        }

        Layer("environment", new MemoryConfigurationSource { InitialData = FromEnvironment(environment) });
        Layer("command line", new MemoryConfigurationSource { InitialData = commandLine });
        Layer("decided at start", new OverridesSource(overrides));
        try
        {
            var layers = new ConfigurationLayers(builder.Build(), overrides);
            layers._layers.AddRange(names.Zip(layers.Root.Providers));
            return layers;
        }
        catch (Exception exception) when (exception is InvalidDataException or FormatException)
        {
            throw new TarnException(
                ErrorKind.InvalidInput, $"tarn.json is JSON, and this one does not read: {(exception.InnerException ?? exception).Message}", file, "Correct the file, or remove it.", exception);
        }
    }

    /// <summary>The variables of the environment that are configuration, with the key that each one sets.</summary>
    public static Dictionary<string, string?> FromEnvironment(IReadOnlyDictionary<string, string> environment)
    {
        var found = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in environment)
        {
            if (name.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase) && name.Length > EnvironmentPrefix.Length)
            {
                found[name[EnvironmentPrefix.Length..].Replace("__", ":", StringComparison.Ordinal)] = value;
            }
        }

        return found;
    }

    /// <summary>The name of the highest layer that sets the key, or null.</summary>
    public string? SourceOf(string key)
    {
        for (var i = _layers.Count - 1; i >= 0; i--)
        {
            if (_layers[i].Provider.TryGet(key, out _))
            {
                return _layers[i].Name == "environment"
                    ? $"environment {EnvironmentPrefix}{key.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant()}"
                    : _layers[i].Name;
            }
        }

        return null;
    }

    private sealed class OverridesSource(Dictionary<string, string?> overrides) : IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => new OverridesProvider(overrides);
    }

    private sealed class OverridesProvider(Dictionary<string, string?> overrides) : ConfigurationProvider
    {
        public override void Load() => Data = new Dictionary<string, string?>(overrides, StringComparer.OrdinalIgnoreCase);
    }
}
