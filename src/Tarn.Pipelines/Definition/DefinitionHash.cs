using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Tarn.Pipelines;

/// <summary>Computes <see cref="PipelineDefinition.Hash"/>: SHA-256 over the definition's parts in a fixed order, each with its length.</summary>
internal static class DefinitionHash
{
    public static string Of(PipelineDefinition pipeline)
    {
        var text = new StringBuilder();
        Add(text, pipeline.Name);
        Add(text, pipeline.Schedule?.Expression);
        Add(text, pipeline.Schedule?.TimeZone.Id);
        Add(text, pipeline.CatchUp ? "catch-up" : "latest");
        Add(text, pipeline.StartAt?.UtcTicks.ToString(CultureInfo.InvariantCulture));
        Add(text, pipeline.MaxActiveRuns.ToString(CultureInfo.InvariantCulture));
        Add(text, pipeline.MaxActiveTasks?.ToString(CultureInfo.InvariantCulture));
        Add(text, pipeline.RunTimeout?.Ticks.ToString(CultureInfo.InvariantCulture));
        Add(text, string.Join(pipeline.TriggersOnAll ? '&' : ',', pipeline.TriggeredBy));
        Add(text, string.Join(',', pipeline.RepairedBy));
        foreach (var parameter in pipeline.Parameters)
        {
            Add(text, parameter.Name);
            Add(text, parameter.Schema.ToJsonString());
        }

        foreach (var task in pipeline.Tasks)
        {
            Add(text, task.Name);
            Add(text, string.Join(',', task.After));
            Add(text, task.Pool);
            Add(text, task.Slots.ToString(CultureInfo.InvariantCulture));
            Add(text, task.Timeout?.Ticks.ToString(CultureInfo.InvariantCulture));
            Add(text, string.Create(CultureInfo.InvariantCulture, $"{task.Retry.Count} {task.Retry.Delay.Ticks} {task.Retry.Factor:R} {task.Retry.MaxDelay.Ticks} {task.Retry.Jitter:R}"));
            Add(text, string.Create(CultureInfo.InvariantCulture, $"{task.Kind} {task.Rule} {task.Priority} {task.MaxActive} {task.DependsOnPast} {task.MayFail} {task.Executor} {task.MemoryLimit} {task.Cache} {task.Sensor}"));
            Add(text, task.Over);
            Add(text, task.SubPipeline);
            Add(text, task.SubParameters is { } given ? JsonSerializer.Serialize(given, PipelineJson.Options) : null);
            Add(text, task.TeardownOf);
            Add(text, task.ResultType?.ToString());
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }

    private static void Add(StringBuilder text, string? part) =>
        text.Append(CultureInfo.InvariantCulture, $"{part?.Length ?? -1}:{part};");
}
