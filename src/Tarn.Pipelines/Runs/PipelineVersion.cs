using System.Text.Json;

namespace Tarn.Pipelines;

/// <summary>A version of a pipeline's definition, as it was when a process first started with it.</summary>
/// <param name="Hash">Its hash, as its runs carry it.</param>
/// <param name="FirstSeen">When a process first started with it.</param>
/// <param name="IsCurrent">Whether this process runs it.</param>
/// <param name="Definition">A JSON object: schedule, parameters and tasks. The tasks' code is not in it.</param>
public sealed record PipelineVersion(string Hash, DateTimeOffset FirstSeen, bool IsCurrent, JsonElement Definition);
