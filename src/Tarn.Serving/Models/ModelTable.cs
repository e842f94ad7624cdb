using System.Collections.Frozen;
using System.Globalization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>All models at one moment. Immutable; a change swaps it.</summary>
internal sealed class ModelTable
{
    private readonly FrozenDictionary<string, ServedModel> _models;
    private readonly FrozenDictionary<string, ServedModel>.AlternateLookup<ReadOnlySpan<char>> _byText;

    public ModelTable(IEnumerable<ServedModel> models)
    {
        All = [.. models.OrderBy(static m => m.Name, StringComparer.Ordinal)];
        _models = All.ToFrozenDictionary(static m => m.Name, StringComparer.Ordinal);
        _byText = _models.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static ModelTable Empty { get; } = new([]);

    /// <summary>The models by name.</summary>
    public IReadOnlyList<ServedModel> All { get; }

    public ServedModel? Find(ReadOnlySpan<char> name) => _byText.TryGetValue(name, out var model) ? model : null;

    /// <summary>A model by its name.</summary>
    /// <exception cref="TarnException">There is none.</exception>
    public ServedModel Get(ReadOnlySpan<char> name) => Find(name) ?? throw TarnException.NotFound("A model of this name is served.", name.ToString(), All.Count == 0
        ? "None is: register one, or set Serving:Folder."
        : $"Served: {string.Join(", ", All.Take(10).Select(static m => m.Name))}{(All.Count > 10 ? string.Create(CultureInfo.InvariantCulture, $" and {All.Count - 10} more") : "")}.");
}
