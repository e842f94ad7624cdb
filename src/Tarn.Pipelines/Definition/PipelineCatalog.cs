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

        var errors = SubPipelineErrors(Pipelines).ToList();
        if (errors.Count > 0)
        {
            throw TarnException.InvalidInput($"Pipeline definitions have {errors.Count} error(s):\n  {string.Join("\n  ", errors)}", null);
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
        if (errors.Count == 0)
        {
            errors.AddRange(SubPipelineErrors(built));
        }

        return errors.Count == 0
            ? new PipelineCatalog(built)
            : throw TarnException.InvalidInput($"Pipeline definitions have {errors.Count} error(s):\n  {string.Join("\n  ", errors)}", null);
    }

    /// <summary>What is wrong about the pipelines that others run: unknown ones, wrong parameters, and those that would run themselves.</summary>
    private static IEnumerable<string> SubPipelineErrors(IReadOnlyList<PipelineDefinition> pipelines)
    {
        var byName = pipelines.ToDictionary(static p => p.Name, StringComparer.Ordinal);
        foreach (var pipeline in pipelines)
        {
            foreach (var task in pipeline.Tasks.Where(static t => t.SubPipeline is not null))
            {
                if (!byName.TryGetValue(task.SubPipeline!, out var other))
                {
                    yield return $"pipeline '{pipeline.Name}': task '{task.Name}' runs the pipeline '{task.SubPipeline}', which there is not";
                }
                else if (ParameterError(task, other) is { } error)
                {
                    yield return $"pipeline '{pipeline.Name}': task '{task.Name}': {error}";
                }
            }

            if (Path(pipeline.Name, pipeline.Name, byName, []) is { } circle)
            {
                yield return $"pipeline '{pipeline.Name}' would run itself: {string.Join(" → ", circle)}";
            }
        }
    }

    private static string? ParameterError(TaskDefinition task, PipelineDefinition other)
    {
        try
        {
            ParameterDefinition.Resolve(
                other.Parameters, task.SubParameters is { } given ? System.Text.Json.JsonSerializer.SerializeToElement(given, PipelineJson.Options) : null, other.Name);
            return null;
        }
        catch (TarnException error)
        {
            return error.Message;
        }
    }

    /// <summary>The way from a pipeline, through those that it runs, to another; null where there is none.</summary>
    private static List<string>? Path(string from, string to, Dictionary<string, PipelineDefinition> byName, HashSet<string> seen)
    {
        foreach (var next in byName.GetValueOrDefault(from)?.Tasks.Select(static t => t.SubPipeline).OfType<string>() ?? [])
        {
            if (next == to)
            {
                return [from, to];
            }

            if (seen.Add(next) && Path(next, to, byName, seen) is { } rest)
            {
                return [from, .. rest];
            }
        }

        return null;
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
