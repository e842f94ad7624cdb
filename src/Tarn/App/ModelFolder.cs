using Tarn.Lake;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>A folder of SQL models as it was declared, and the pipeline that runs them.</summary>
internal sealed class ModelFolder(string pipeline, string path)
{
    private IReadOnlyList<SqlModel> _models = [];

    /// <summary>The pipeline's name.</summary>
    public string Pipeline { get; } = pipeline;

    /// <summary>The folder's full path.</summary>
    public string Path { get; } = path;

    /// <summary>Whether a model's file is in it.</summary>
    public bool Holds(SqlModel model) => model.File.StartsWith(Path + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Takes its own models of those that were checked.</summary>
    public void Open(SqlModelSet all) => _models = [.. all.Models.Where(Holds)];

    /// <summary>Adds a task a model. One that needs models of other folders takes them as they are.</summary>
    public void AddTasks(PipelineBuilder to)
    {
        var names = _models.Select(static m => m.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var model in _models)
        {
            to.Task(
                TaskName(model.Name),
                (ModelRunner runner, TaskContext run) => ModelTask.RunAsync(runner, model, run),
                after: [.. model.Upstream.Where(names.Contains).Select(TaskName)]);
        }
    }

    // No table's name has a hyphen, so that no two models share a task's name.
    private static string TaskName(string model) => model.Replace('.', '-');
}
