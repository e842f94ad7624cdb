using Microsoft.Extensions.Configuration;
using Tarn.Core;
using Tarn.Serving;

namespace Tarn;

/// <summary>How models are served, from the section <c>Serving</c>.</summary>
internal sealed class ServingPlan
{
    public const string Section = "Serving";
    private const string FolderKey = "Folder";
    private const string GrpcUrlsKey = "GrpcUrls";
    private const string AccessLogKey = "AccessLog";

    private ServingPlan(string? folder, string? grpcUrls, ServingOptions options, PredictionLogOptions predictions, FetchOptions fetch, IReadOnlyDictionary<string, RemoteOptions> remotes) =>
        (Folder, GrpcUrls, Options, Predictions, Fetch, Remotes) = (folder, grpcUrls, options, predictions, fetch, remotes);

    /// <summary>A folder of models that are served beside those of the registry; null for none.</summary>
    public string? Folder { get; }

    /// <summary>Where gRPC is listened on; null: one port after the first of <c>Urls</c>, on the same address.</summary>
    public string? GrpcUrls { get; }

    /// <summary>Whether gRPC is answered.</summary>
    public bool HasGrpc => GrpcUrls is not { Length: > 0 } urls || !urls.Equals("none", StringComparison.OrdinalIgnoreCase);

    public ServingOptions Options { get; }

    public PredictionLogOptions Predictions { get; }

    public FetchOptions Fetch { get; }

    /// <summary>Which requests are written down in the access log.</summary>
    public AccessLogOptions AccessLog { get; private init; } = new();

    /// <summary>The remote clusters that variants may name.</summary>
    public IReadOnlyDictionary<string, RemoteOptions> Remotes { get; }

    /// <summary>Reads the section.</summary>
    public static ServingPlan Read(IConfigurationSection serving, List<OptionError> errors)
    {
        string[] known = [FolderKey, GrpcUrlsKey, AccessLogKey, "Defaults", "Models", "Predictions", "Fetch", "Remotes"];
        errors.AddRange(serving.GetChildren()
            .Where(c => !known.Contains(c.Key, StringComparer.OrdinalIgnoreCase))
            .Select(c => new OptionError(c.Path, c.Value, $"No such key; those of {Section} are {string.Join(", ", known)}.")));
        var folder = serving[FolderKey];
        if (folder is { Length: > 0 } && !Directory.Exists(folder))
        {
            errors.Add(new OptionError($"{serving.Path}:{FolderKey}", folder, "It is the full path of a folder that exists, with NAME/VERSION/model.onnx in it."));
        }

        var defaults = Model(serving.GetSection("Defaults"), errors);
        var models = new Dictionary<string, ModelOptions>(StringComparer.Ordinal);
        foreach (var model in serving.GetSection("Models").GetChildren())
        {
            models[model.Key] = Model(model, errors);
        }

        var predictions = Checked(serving.GetSection("Predictions"), static (PredictionLogOptions o) => o.Validate(), errors);
        var fetch = Checked(serving.GetSection("Fetch"), static (FetchOptions o) => o.Validate(), errors);
        return new ServingPlan(folder is { Length: > 0 } ? folder : null, serving[GrpcUrlsKey], new ServingOptions { Defaults = defaults, Models = models }, predictions, fetch, ReadRemotes(serving.GetSection("Remotes"), errors))
        {
            AccessLog = Access(serving, errors),
        };
    }

    /// <summary>Where gRPC is listened on.</summary>
    /// <param name="http">Where HTTP is.</param>
    /// <param name="rules">Where may be listened.</param>
    public IReadOnlyList<ListenAddress> GrpcAddresses(IReadOnlyList<ListenAddress> http, ListenRules rules)
    {
        if (!HasGrpc)
        {
            return [];
        }

        if (GrpcUrls is { Length: > 0 } urls)
        {
            return ListenAddresses.Parse(urls, rules);
        }

        // As 8081 is to 8080; a free port beside a free port.
        var first = http[0];
        return [first with { EndPoint = new System.Net.IPEndPoint(first.EndPoint.Address, first.Port is 0 or 65535 ? 0 : first.Port + 1) }];
    }

    private static AccessLogOptions Access(IConfigurationSection serving, List<OptionError> errors)
    {
        if (serving[AccessLogKey] is not { Length: > 0 } text)
        {
            return new AccessLogOptions();
        }

        if (OptionText.TryParse(text, typeof(AccessLogLevel), out var level, out var rule))
        {
            return new AccessLogOptions((AccessLogLevel)level!);
        }

        errors.Add(new OptionError($"{serving.Path}:{AccessLogKey}", text, rule));
        return new AccessLogOptions();
    }

    private static ModelOptions Model(IConfigurationSection section, List<OptionError> errors)
    {
        var found = errors.Count;
        var settings = OptionsReader.Read<ModelSettings>(section, errors);
        return errors.Count == found ? settings.ToOptions() : new ModelOptions();
    }

    private static Dictionary<string, RemoteOptions> ReadRemotes(IConfigurationSection section, List<OptionError> errors)
    {
        var remotes = new Dictionary<string, RemoteOptions>(StringComparer.Ordinal);
        foreach (var cluster in section.GetChildren())
        {
            // Keys of the configuration have no case; the names of clusters are lower-case.
            var name = cluster.Key.ToLowerInvariant();
            if (name.Length > 64 || !name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
            {
                errors.Add(new OptionError(cluster.Path, null, "A remote cluster's name has 1 to 64 letters, digits and hyphens."));
                continue;
            }

            var found = errors.Count;
            var settings = OptionsReader.Read<RemoteSettings>(cluster, errors);
            if (errors.Count == found)
            {
                remotes[name] = settings.ToOptions();
            }
        }

        return remotes;
    }

    private static T Checked<T>(IConfigurationSection section, Action<T> validate, List<OptionError> errors)
        where T : class, new()
    {
        var options = OptionsReader.Read<T>(section, errors);
        try
        {
            validate(options);
        }
        catch (TarnException error)
        {
            errors.Add(new OptionError(section.Path, null, error.Message));
        }

        return options;
    }
}
