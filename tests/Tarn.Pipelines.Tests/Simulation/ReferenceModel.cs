namespace Tarn.Pipelines.Tests;

/// <summary>What a run must come to, computed without an orchestrator: the tasks in order, each from its plan and the fate of those before it.</summary>
internal static class ReferenceModel
{
    public static (RunState Run, Dictionary<string, (AttemptState State, int Tries)> Tasks) Outcome(PipelineDefinition pipeline, Func<string, TaskPlan> planOf)
    {
        var states = new Dictionary<string, (AttemptState State, int Tries)>();
        while (states.Count < pipeline.Tasks.Count)
        {
            foreach (var task in pipeline.Tasks.Where(t => !states.ContainsKey(t.Name) && t.After.All(states.ContainsKey)))
            {
                var before = task.After.Select(name => states[name].State).ToList();
                states[task.Name] =
                    before.Exists(static s => s is AttemptState.Failed or AttemptState.UpstreamFailed) ? (AttemptState.UpstreamFailed, 0)
                    : before.Contains(AttemptState.Skipped) ? (AttemptState.Skipped, 0)
                    : Attempted(planOf(task.Name), task.Retry.Count);
            }
        }

        var failed = states.Values.Any(static s => s.State is AttemptState.Failed or AttemptState.UpstreamFailed);
        return (failed ? RunState.Failed : RunState.Success, states);
    }

    private static (AttemptState State, int Tries) Attempted(TaskPlan plan, int retries) => plan.End switch
    {
        TaskPlan.Ending.Final => (AttemptState.Failed, 1),
        TaskPlan.Ending.Skip => (AttemptState.Skipped, 1),
        _ => plan.Failures <= retries ? (AttemptState.Success, plan.Failures + 1) : (AttemptState.Failed, retries + 1),
    };
}
