using Tarn.Core;

namespace Tarn.Pipelines;

/// <content>What tasks ask for that the program must have: checked when it starts.</content>
public sealed partial class Orchestrator
{
    private static void CheckTasks(PipelineCatalog pipelines, OrchestratorOptions options, IReadOnlyCollection<string> executors)
    {
        var errors = pipelines.Pipelines.SelectMany(p => p.Tasks.SelectMany(t => ErrorsOf(p, t, options, executors))).ToList();
        if (errors.Count > 0)
        {
            throw TarnException.InvalidInput($"Tasks ask for what the program does not have: {string.Join("; ", errors)}.", null);
        }
    }

    private static IEnumerable<string> ErrorsOf(PipelineDefinition pipeline, TaskDefinition task, OrchestratorOptions options, IReadOnlyCollection<string> executors)
    {
        if (task.Slots > options.SlotsOf(task.Pool))
        {
            yield return $"pipeline '{pipeline.Name}': task '{task.Name}' takes {task.Slots} slots of pool '{task.Pool}', which has {options.SlotsOf(task.Pool)} (Pipelines:Pools:{task.Pool})";
        }

        if (task.Code is not null && !executors.Contains(task.Executor))
        {
            yield return $"pipeline '{pipeline.Name}': task '{task.Name}' is run by executor '{task.Executor}', and there are {string.Join(", ", executors.Order(StringComparer.Ordinal))}"
                + (task.Executor == TaskDefinition.ChildProcess ? " (register a ChildProcessExecutor as TaskExecutor service; TarnApp does)" : " (register one of that name as TaskExecutor service)");
        }
    }
}
