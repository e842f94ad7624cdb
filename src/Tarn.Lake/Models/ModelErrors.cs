using Tarn.Core;

namespace Tarn.Lake;

/// <summary>An error in a model's file.</summary>
/// <param name="File">The file.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Text">What is wrong and what would be right.</param>
internal sealed record ModelError(string File, int Line, string Text)
{
    public override string ToString() => $"{File}:{Line}: {Text}";
}

/// <summary>The errors of a set of models, gathered so that all are told at once.</summary>
internal sealed class ModelErrors
{
    private readonly List<ModelError> _all = [];

    public IReadOnlyList<ModelError> All => [.. _all.Distinct().OrderBy(static e => e.File, StringComparer.Ordinal).ThenBy(static e => e.Line)];

    public bool Any => _all.Count > 0;

    public void Add(string file, int line, string text) => _all.Add(new ModelError(file, line, text));

    /// <summary>Whether a file has an error already.</summary>
    public bool Has(string file) => _all.Exists(e => e.File == file);

    public void ThrowIfAny()
    {
        if (Any)
        {
            var all = All;
            throw TarnException.InvalidInput(
                $"SQL models are right before any of them runs; {(all.Count == 1 ? "there is an error" : $"there are {all.Count} errors")}:\n  {string.Join("\n  ", all)}",
                null,
                null);
        }
    }
}
