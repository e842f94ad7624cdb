using Tarn.Registry;
using Tarn.Serving;

namespace Tarn;

/// <summary>What a variant's target means at one moment: the version, whether that answers, or why not.</summary>
/// <param name="Version">The version; null for none.</param>
/// <param name="State">As <see cref="VariantView"/> has it.</param>
/// <param name="Problem">Why it could not be loaded, or reached.</param>
/// <param name="Next">What is to take over from the version.</param>
internal sealed record VariantMeaning(long? Version, string State, string? Problem = null, NextVersionView? Next = null)
{
    public const string Loaded = "loaded";
    public const string Loading = "loading";
    public const string Failed = "failed";
    public const string NotLoaded = "not_loaded";
    public const string None = "none";
    public const string Unreachable = "unreachable";

    /// <summary>What a target means by what is served.</summary>
    /// <param name="target">A version or an alias.</param>
    /// <param name="model">The model as it is served; null where it is not.</param>
    /// <param name="registered">What the target means in the registry, where the served model does not say it.</param>
    /// <param name="isCatchingUp">Whether what is served may be behind the registry.</param>
    public static VariantMeaning Of(VariantTarget target, ModelSnapshot? model, long? registered, bool isCatchingUp)
    {
        var version = model?.VersionOf(target) ?? registered;
        if (version is null && target.Alias == RegisteredModels.Champion && model?.Versions.LastOrDefault(static v => v.State is VersionState.Start or VersionState.Loading) is { } first)
        {
            // It stands for the champion once it is loaded.
            return new VariantMeaning(first.Version, Loading);
        }

        if (version is not { } number)
        {
            return new VariantMeaning(null, None);
        }

        var (state, problem) = StateOf(model, number, isCatchingUp);
        return new VariantMeaning(number, state, problem, target.Alias is { } alias && model?.Arriving.TryGetValue(alias, out var next) == true ? NextOf(model, next, isCatchingUp) : null);
    }

    private static NextVersionView NextOf(ModelSnapshot model, long version, bool isCatchingUp)
    {
        var (state, problem) = StateOf(model, version, isCatchingUp);
        return new NextVersionView(version, state, problem);
    }

    private static (string State, string? Problem) StateOf(ModelSnapshot? model, long version, bool isCatchingUp) => model?.Find(version) switch
    {
        { State: VersionState.Available } => (Loaded, null),
        { State: VersionState.Start or VersionState.Loading } => (Loading, null),
        { Error: { } error } => (Failed, error),
        _ => (isCatchingUp ? Loading : NotLoaded, null),
    };
}
