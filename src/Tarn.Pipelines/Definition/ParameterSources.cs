namespace Tarn.Pipelines;

/// <summary>
/// Marks a parameter of a task's code that gets what another task of the run returned. It waits for that task, as if it were named in <c>after</c>. Of a mapped task it
/// is the list of what its calls returned, in the order of the items (those that were skipped are left out).
/// </summary>
/// <param name="task">The task's name, as <c>after</c> takes it.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ResultAttribute(string task) : Attribute
{
    /// <summary>The task whose result it is.</summary>
    public string Task => task;
}

/// <summary>Marks the parameter of a mapped task's code that gets the item.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ItemAttribute : Attribute;

/// <summary>Marks a parameter of a task's code that gets the value of a parameter of the pipeline.</summary>
/// <param name="name">The name with which <see cref="PipelineBuilder.Parameter{T}"/> declared it; default the code parameter's own.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ParameterAttribute(string? name = null) : Attribute
{
    /// <summary>The pipeline's parameter, or null for the code parameter's own name.</summary>
    public string? Name => name;
}
