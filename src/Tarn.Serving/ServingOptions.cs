namespace Tarn.Serving;

/// <summary>How models are served.</summary>
public sealed record ServingOptions
{
    /// <summary>The options of models that are not named in <see cref="Models"/>.</summary>
    public ModelOptions Defaults { get; init; } = new();

    /// <summary>The options of models by name.</summary>
    public IReadOnlyDictionary<string, ModelOptions> Models { get; init; } = new Dictionary<string, ModelOptions>(StringComparer.Ordinal);

    /// <summary>The options of a model.</summary>
    public ModelOptions Of(string model) => Models.TryGetValue(model, out var options) ? options : Defaults;

    /// <summary>What breaks a rule, a sentence each; empty where nothing does.</summary>
    public IEnumerable<string> Errors() => Defaults.Errors().Concat(Models.OrderBy(static m => m.Key, StringComparer.Ordinal).SelectMany(static m => m.Value.Errors().Select(e => $"{m.Key}: {e}")));
}
