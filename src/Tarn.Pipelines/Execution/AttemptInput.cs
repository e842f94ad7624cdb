using System.Text.Json;

namespace Tarn.Pipelines;

/// <summary>What a task's code takes of its run, as JSON texts.</summary>
/// <param name="Results">What the tasks before it returned, by full name; those that returned nothing, or did not succeed, are missing.</param>
/// <param name="Item">The item of a mapped task, or null.</param>
/// <param name="Parameters">The run's parameters as one object, or null.</param>
internal sealed record AttemptInput(IReadOnlyDictionary<string, string> Results, string? Item, string? Parameters)
{
    public static AttemptInput None { get; } = new(new Dictionary<string, string>(), null, null);

    /// <summary>The value of a parameter, or null.</summary>
    public string? Parameter(string name)
    {
        if (Parameters is null)
        {
            return null;
        }

        using var all = JsonDocument.Parse(Parameters);
        return all.RootElement.TryGetProperty(name, out var value) ? value.GetRawText() : null;
    }
}
