using Microsoft.Extensions.DependencyInjection;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>All pipelines of a program. Immutable.</summary>
public sealed class PipelineCatalog
{
    private readonly Dictionary<string, PipelineDefinition> _byName;

    /// <summary>Makes a catalogue of definitions.</summary>
    /// <exception cref="TarnException">Two have the same name.</exception>
    public PipelineCatalog(IEnumerable<PipelineDefinition> pipelines)
    {
        Pipelines = [.. pipelines];
        _byName = new Dictionary<string, PipelineDefinition>(StringComparer.Ordinal);
        foreach (var pipeline in Pipelines)
        {
            if (!_byName.TryAdd(pipeline.Name, pipeline))
            {
                throw TarnException.InvalidInput("Each pipeline of a program has its own name.", pipeline.Name, "Rename one of them.");
            }
        }
    }

    /// <summary>The pipelines in the order in which they were added.</summary>
    public IReadOnlyList<PipelineDefinition> Pipelines { get; }

    /// <summary>Builds all registered pipelines and reports the errors of all at once.</summary>
    /// <exception cref="TarnException">A definition breaks a rule: the message has all errors of all pipelines.</exception>
    public static PipelineCatalog Build(IEnumerable<PipelineRegistration> registrations, IServiceProviderIsService? services = null)
    {
        var built = new List<PipelineDefinition>();
        var errors = new List<string>();
        foreach (var registration in registrations)
        {
            var builder = new PipelineBuilder(registration.Name);
            registration.Configure(builder);
            if (builder.TryBuild(services, out var found) is { } pipeline)
            {
                built.Add(pipeline);
            }

            errors.AddRange(found.Select(e => $"pipeline '{registration.Name}': {e}"));
        }

        errors.AddRange(built.GroupBy(static p => p.Name).Where(static g => g.Count() > 1).Select(static g => $"{g.Count()} pipelines are named '{g.Key}'"));
        return errors.Count == 0
            ? new PipelineCatalog(built)
            : throw TarnException.InvalidInput($"Pipeline definitions have {errors.Count} error(s):\n  {string.Join("\n  ", errors)}", null);
    }

    /// <summary>The pipeline of that name, or null.</summary>
    public PipelineDefinition? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The pipeline of that name.</summary>
    /// <exception cref="TarnException">There is none.</exception>
    public PipelineDefinition Get(string name) =>
        Find(name) ?? throw TarnException.NotFound(
            "No pipeline of this program has that name.",
            name,
            Pipelines.Count == 0 ? "The program defines no pipelines." : $"There are: {string.Join(", ", Pipelines.Select(static p => p.Name))}.");
}

/// <summary>A pipeline that a program wants to have: its name and the code that defines it, called when the catalogue is built.</summary>
/// <param name="Name">The pipeline's name.</param>
/// <param name="Configure">Defines it.</param>
public sealed record PipelineRegistration(string Name, Action<PipelineBuilder> Configure);
