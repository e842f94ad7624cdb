using Tarn.Core;

namespace Tarn;

/// <summary>One configuration value that breaks a rule.</summary>
/// <param name="Key">Its key, with colons.</param>
/// <param name="Value">The value as given.</param>
/// <param name="Rule">The rule that it breaks, as a sentence.</param>
internal sealed record OptionError(string Key, string? Value, string Rule)
{
    /// <summary>One error that says all of them.</summary>
    public static TarnException ToException(IReadOnlyList<OptionError> errors, Func<string, string?> sourceOf)
    {
        var lines = errors.Select(e =>
            $"  {e.Key} = {(e.Value is null ? "(not set)" : Secrets.Mask(e.Key, e.Value))}{(sourceOf(e.Key) is { } source ? $"   [{source}]" : "")}\n      {e.Rule}");
        var count = errors.Count == 1 ? "One configuration value breaks its rule" : $"{errors.Count} configuration values break their rules";
        return new TarnException(
            ErrorKind.InvalidInput,
            $"{count}:\n{string.Join('\n', lines)}\n",
            remedy: "Correct them on the command line, in the environment (TARN__SECTION__KEY) or in tarn.json; `doctor` shows where each key comes from.");
    }
}
