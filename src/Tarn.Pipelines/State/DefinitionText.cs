using System.Text.Json;

namespace Tarn.Pipelines;

/// <summary>A version of a definition as it is kept for those who look at old runs: its schedule, parameters and tasks in JSON.</summary>
internal static class DefinitionText
{
    public static string Of(PipelineDefinition pipeline) => JsonSerializer.Serialize(
        new
        {
            pipeline.Name,
            pipeline.Description,
            Schedule = pipeline.Schedule?.Expression,
            TimeZone = pipeline.Schedule?.TimeZone.Id,
            pipeline.CatchUp,
            pipeline.MaxActiveRuns,
            TriggeredBy = pipeline.TriggeredBy.Select(static s => s.ToString()),
            pipeline.TriggersOnAll,
            RepairedBy = pipeline.RepairedBy.Select(static r => $"table {r.Table}, {r.Horizon}"),
            pipeline.StartAt,
            pipeline.RunTimeout,
            pipeline.Sla,
            Parameters = pipeline.Parameters.Select(static p => new { p.Name, p.Schema }),
            Tasks = pipeline.Tasks.Select(static t => new
            {
                t.Name,
                Kind = t.Kind.Name(),
                t.After,
                t.Rule,
                t.Group,
                t.Pool,
                t.Slots,
                t.Priority,
                Retries = t.Retry.Count,
                t.Over,
                t.SubPipeline,
                t.TeardownOf,
                t.DependsOnPast,
                t.Executor,
            }),
        },
        PipelineJson.Options);
}
