using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Tarn.Core;
using Tarn.Serving;

namespace Tarn;

/// <summary>The options of a model as the configuration has them: those of <see cref="ModelOptions"/>, with lists and policies as texts.</summary>
internal sealed class ModelSettings : IValidatableObject
{
    private static readonly ModelOptions Defaults = new();

    public string Versions { get; set; } = "";

    [Range(0, 256)]
    public int Instances { get; set; } = Defaults.Instances;

    [Range(1, 256)]
    public int Threads { get; set; } = Defaults.Threads;

    [Range(1, 4096)]
    public int MaxBatchSize { get; set; } = Defaults.MaxBatchSize;

    public string PreferredBatchSizes { get; set; } = "";

    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan BatchDelay { get; set; } = Defaults.BatchDelay;

    [Range(1, 16)]
    public int PriorityLevels { get; set; } = Defaults.PriorityLevels;

    [Range(0, 1_000_000)]
    public int MaxQueue { get; set; } = Defaults.MaxQueue;

    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan QueueTimeout { get; set; } = Defaults.QueueTimeout;

    [Range(1024, int.MaxValue)]
    public int MaxRequestBytes { get; set; } = Defaults.MaxRequestBytes;

    [Range(0, 1L << 40)]
    public long MaxMemoryBytes { get; set; } = Defaults.MaxMemoryBytes;

    [Range(0, 1L << 40)]
    public long CacheBytes { get; set; } = Defaults.CacheBytes;

    public bool JoinSameRequests { get; set; } = Defaults.JoinSameRequests;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        ModelOptions options;
        try
        {
            options = ToOptions();
        }
        catch (TarnException error)
        {
            return [new ValidationResult(error.Message, [nameof(Versions)])];
        }

        return options.Errors().Select(static e => new ValidationResult(e, [nameof(PreferredBatchSizes)]));
    }

    public ModelOptions ToOptions() => new()
    {
        Versions = Versions.Length == 0 ? null : VersionPolicy.Parse(Versions),
        Instances = Instances,
        Threads = Threads,
        MaxBatchSize = MaxBatchSize,
        PreferredBatchSizes = [.. PreferredBatchSizes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Whole)],
        BatchDelay = BatchDelay,
        PriorityLevels = PriorityLevels,
        MaxQueue = MaxQueue,
        QueueTimeout = QueueTimeout,
        MaxRequestBytes = MaxRequestBytes,
        MaxMemoryBytes = MaxMemoryBytes,
        CacheBytes = CacheBytes,
        JoinSameRequests = JoinSameRequests,
    };

    private static int Whole(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw TarnException.InvalidInput("PreferredBatchSizes are whole numbers, separated by commas.", text, "For example 4,8.");
}
