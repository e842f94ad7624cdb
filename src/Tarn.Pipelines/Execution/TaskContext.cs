using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>What a task's code is told about the attempt that it is: ask for it as a parameter.</summary>
public sealed class TaskContext
{
    private static readonly JsonSerializerOptions Values = new(JsonSerializerDefaults.Web)
    {
        // A mean of nothing is NaN: that is worth seeing, and no reason to fail.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly ReportedValues _reported = new();

    internal AttemptListener? Listener { get; init; }

    internal string? Parameters { get; init; }

    /// <summary>The pipeline's name.</summary>
    public required string Pipeline { get; init; }

    /// <summary>The run's id.</summary>
    public required string RunId { get; init; }

    /// <summary>The run's number: runs made later have greater ones. With pipeline, interval and task it names what an attempt does to the outside, the same for each retry of it.</summary>
    public long RunNumber { get; init; }

    /// <summary>When the run was made; the same for all of its attempts, also those made again after a crash.</summary>
    public DateTimeOffset QueuedAt { get; init; }

    /// <summary>The task's name; for a call of a mapped task with the item's index, such as <c>load[3]</c>.</summary>
    public required string Task { get; init; }

    /// <summary>The attempt's number, from 1. Attempts that died with their process are counted here.</summary>
    public required int Attempt { get; init; }

    /// <summary>The run's logical date, in UTC.</summary>
    public required DateTimeOffset LogicalDate { get; init; }

    /// <summary>The span of time whose data the run is about, in UTC.</summary>
    public required DataInterval DataInterval { get; init; }

    /// <summary>Why the run was made.</summary>
    public required RunTrigger Trigger { get; init; }

    /// <summary>
    /// A logger whose lines are stored with the attempt, shown by the console and by <c>tarn runs logs</c>. What services log
    /// through their own loggers while the task calls them is stored as well.
    /// </summary>
    public required ILogger Log { get; init; }

    /// <summary>Cancelled when the run is cancelled, the attempt has timed out, or the process stops. Pass it to everything that waits.</summary>
    public required CancellationToken CancellationToken { get; init; }

    /// <summary>What has been reported so far, by name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Reported => _reported.Values;

    /// <summary>
    /// Stores a value with the attempt, shown beside it: a count of rows, a cursor, a version. The last value of a name stays.
    /// Safe for use from several threads.
    /// </summary>
    /// <param name="name">Its name, such as <c>rowsInserted</c>.</param>
    /// <param name="value">Its value: whatever System.Text.Json can write, best a number or a short text. NaN and infinities become texts.</param>
    public void Report(string name, object? value)
    {
        var json = JsonSerializer.SerializeToElement(value, Values);
        _reported.Set(name, json);
        Listener?.Report(name, json);
    }

    /// <summary>The value of a parameter of the pipeline.</summary>
    /// <typeparam name="T">The type with which it was declared.</typeparam>
    /// <param name="name">Its name.</param>
    /// <exception cref="TarnException">The pipeline declares no such parameter.</exception>
    public T? Parameter<T>(string name)
    {
        var json = new AttemptInput(new Dictionary<string, string>(), null, Parameters).Parameter(name)
            ?? throw TarnException.NotFound("No parameter of the pipeline has that name.", name, "Declare it with PipelineBuilder.Parameter.");
        return JsonSerializer.Deserialize<T>(json, PipelineJson.Options);
    }
}
