using System.Text.Json;
using System.Text.Json.Serialization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Reads <see cref="ModelOptions"/> from a model's <c>model.json</c>: its properties in camel case, durations in milliseconds, versions as <see cref="VersionPolicy.Parse"/> reads them.</summary>
internal static class ModelOptionsJson
{
    public static ModelOptions Read(ReadOnlySpan<byte> json, string path)
    {
        ModelOptionsForm form;
        try
        {
            form = JsonSerializer.Deserialize(json, ServingJson.Default.ModelOptionsForm) ?? throw new JsonException("It is null.");
        }
        catch (JsonException error)
        {
            throw TarnException.InvalidInput("A model's model.json holds options of a model.", $"{path}: {error.Message}", "See docs/serving.md for their names.");
        }

        var defaults = new ModelOptions();
        var options = new ModelOptions
        {
            Versions = Versions(form.Versions, path),
            Instances = form.Instances ?? defaults.Instances,
            Threads = form.Threads ?? defaults.Threads,
            MaxBatchSize = form.MaxBatchSize ?? defaults.MaxBatchSize,
            PreferredBatchSizes = form.PreferredBatchSizes ?? defaults.PreferredBatchSizes,
            BatchDelay = Milliseconds(form.BatchDelayMs) ?? defaults.BatchDelay,
            PriorityLevels = form.PriorityLevels ?? defaults.PriorityLevels,
            MaxQueue = form.MaxQueue ?? defaults.MaxQueue,
            QueueTimeout = Milliseconds(form.QueueTimeoutMs) ?? defaults.QueueTimeout,
            MaxRequestBytes = form.MaxRequestBytes ?? defaults.MaxRequestBytes,
            MaxMemoryBytes = form.MaxMemoryBytes ?? defaults.MaxMemoryBytes,
            CacheBytes = form.CacheBytes ?? defaults.CacheBytes,
            JoinSameRequests = form.JoinSameRequests ?? defaults.JoinSameRequests,
        };
        var errors = options.Errors().ToList();
        return errors.Count == 0 ? options : throw TarnException.InvalidInput($"The options of a model are in their ranges. {string.Join(' ', errors)}", path, "Correct them; the versions that are loaded stay as they are until then.");
    }

    private static VersionPolicy? Versions(string? text, string path)
    {
        try
        {
            return text is null ? null : VersionPolicy.Parse(text);
        }
        catch (TarnException error)
        {
            throw TarnException.InvalidInput(error.Rule, $"{path}: {error.Value}", error.Remedy);
        }
    }

    // What no duration can hold is out of every range, too, and said so with the others.
    private static TimeSpan? Milliseconds(double? value) => value is { } number ? TimeSpan.FromMilliseconds(Math.Clamp(number, -1e12, 1e12)) : null;
}

internal sealed record ModelOptionsForm
{
    public string? Versions { get; init; }

    public int? Instances { get; init; }

    public int? Threads { get; init; }

    public int? MaxBatchSize { get; init; }

    public int[]? PreferredBatchSizes { get; init; }

    public double? BatchDelayMs { get; init; }

    public int? PriorityLevels { get; init; }

    public int? MaxQueue { get; init; }

    public double? QueueTimeoutMs { get; init; }

    public int? MaxRequestBytes { get; init; }

    public long? MaxMemoryBytes { get; init; }

    public long? CacheBytes { get; init; }

    public bool? JoinSameRequests { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowTrailingCommas = true, ReadCommentHandling = JsonCommentHandling.Skip)]
[JsonSerializable(typeof(ModelOptionsForm))]
[JsonSerializable(typeof(Dictionary<string, long>))]
internal sealed partial class ServingJson : JsonSerializerContext;
