using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Tarn.Serving;

/// <summary>How a model is loaded, queued and run. The same for all of its versions.</summary>
public sealed record ModelOptions
{
    /// <summary>Which versions are loaded. Default null: of a folder the latest; of the registry those that have an alias, and the latest where none has.</summary>
    public VersionPolicy? Versions { get; init; }

    /// <summary>Calls or batches that run at once. They share the model's weights: a further instance costs its buffers. Default 0: one for each core. Range 0 to 256.</summary>
    [Range(0, 256)]
    public int Instances { get; init; }

    /// <summary>Threads that share the work of one call. Default 1, which gives the most answers a second; more give a single answer sooner. Range 1 to 256.</summary>
    [Range(1, 256)]
    public int Threads { get; init; } = 1;

    /// <summary>
    /// Rows that are run together at most, of requests that wait at the same time. Default 1: each request is run by itself, and its answer does not depend on what others
    /// ask. With more, results can differ in the last bits from those of a row alone, as the kernels of a larger product round differently. Range 1 to 4,096.
    /// </summary>
    [Range(1, 4096)]
    public int MaxBatchSize { get; init; } = 1;

    /// <summary>Sizes at which a batch is run without waiting for more, ascending; default none: only <see cref="MaxBatchSize"/>.</summary>
    public IReadOnlyList<int> PreferredBatchSizes { get; init; } = [];

    /// <summary>
    /// How long the first request of a batch waits for others at most, where more are likely to come: at a rate of arrivals at which none is to be expected within
    /// that time nothing waits. Default 0: what waits anyway is run together, and nothing waits for it. Range 0 to 10 s, and less than <see cref="QueueTimeout"/>; a timer's grain is a millisecond.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan BatchDelay { get; init; }

    /// <summary>Levels of priority; 1 is the most urgent, and a request without one gets the middle. Default 1. Range 1 to 16.</summary>
    [Range(1, 16)]
    public int PriorityLevels { get; init; } = 1;

    /// <summary>Requests that wait at most; another is refused with 503. Default 256. Range 0 to 1,000,000.</summary>
    [Range(0, 1_000_000)]
    public int MaxQueue { get; init; } = 256;

    /// <summary>How long a request waits at most before it is refused with 503. Default 10 s. Range 1 ms to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of a request's body at most. Default 64 MiB. Range 1 KiB to 2 GiB.</summary>
    [Range(1024, int.MaxValue)]
    public int MaxRequestBytes { get; init; } = 64 << 20;

    /// <summary>
    /// Memory that a version takes at most: weights, what its runs need, buffers and cache. One that cannot run a row on each instance within it is not loaded; a request whose run would
    /// take more is refused. Default 0: no limit. Range 0 to 1 TiB.
    /// </summary>
    [Range(0, 1L << 40)]
    public long MaxMemoryBytes { get; init; }

    /// <summary>Bytes of answers that are kept by the hash of their inputs. Default 0: none. Range 0 to 1 TiB. Only for models that give the same answer to the same inputs.</summary>
    [Range(0, 1L << 40)]
    public long CacheBytes { get; init; }

    /// <summary>Whether requests with the same inputs as one that is under way take its answer. Default false; <see cref="CacheBytes"/> implies it.</summary>
    public bool JoinSameRequests { get; init; }

    /// <summary>What breaks a rule, a sentence each; empty where nothing does.</summary>
    public IEnumerable<string> Errors()
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), results, validateAllProperties: true);
        foreach (var result in results)
        {
            yield return result.ErrorMessage ?? "Not valid.";
        }

        if (BatchDelay >= QueueTimeout)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"BatchDelay ({BatchDelay.TotalMilliseconds} ms) is less than QueueTimeout ({QueueTimeout.TotalMilliseconds} ms).");
        }

        for (var i = 0; i < PreferredBatchSizes.Count; i++)
        {
            if (PreferredBatchSizes[i] < 1 || PreferredBatchSizes[i] > MaxBatchSize || (i > 0 && PreferredBatchSizes[i] <= PreferredBatchSizes[i - 1]))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"PreferredBatchSizes ascend, and each is 1 to MaxBatchSize ({MaxBatchSize}): {string.Join(", ", PreferredBatchSizes)}.");
                yield break;
            }
        }
    }

    /// <inheritdoc/>
    public bool Equals(ModelOptions? other) => other is not null && Key.Equals(other.Key);

    /// <inheritdoc/>
    public override int GetHashCode() => Key.GetHashCode();

    /// <summary>Whether a version that was loaded with other options is to be loaded anew: not where they differ in nothing but which versions are loaded.</summary>
    internal bool LoadsAs(ModelOptions other) => Equals(other with { Versions = Versions });

    // Lists are compared by what is in them: options that are read again are the same where nothing was changed.
    private (string, (int, int, int, TimeSpan, int), (int, TimeSpan, int, long, long, bool)) Key => (
        $"{Versions}/{string.Join(',', PreferredBatchSizes)}",
        (Instances, Threads, MaxBatchSize, BatchDelay, PriorityLevels),
        (MaxQueue, QueueTimeout, MaxRequestBytes, MaxMemoryBytes, CacheBytes, JoinSameRequests));

    /// <summary>The number of instances, on a machine with so many cores.</summary>
    internal int InstancesOf(int cores) => Instances > 0 ? Instances : Math.Max(1, cores / Threads);
}
