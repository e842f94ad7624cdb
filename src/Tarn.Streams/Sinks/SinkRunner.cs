using Microsoft.Extensions.Logging;
using Tarn.Log;

namespace Tarn.Streams;

/// <summary>What a drain moved.</summary>
/// <param name="Records">The records written, those that changed nothing included.</param>
/// <param name="Quarantined">The records put into quarantine.</param>
/// <param name="Batches">The commits made.</param>
public sealed record DrainResult(long Records, long Quarantined, int Batches)
{
    /// <summary>What the sink counts besides, by name, summed over the batches.</summary>
    public IReadOnlyDictionary<string, long> Counts { get; init; } = new Dictionary<string, long>();
}

/// <summary>Moves records from topics into sinks. Holds no state: progress is the sink's own commit.</summary>
public sealed class SinkRunner(ILoggerFactory logs)
{
    private readonly ILogger _log = logs.CreateLogger<SinkRunner>();

    /// <summary>Moves what is in the topic at this moment, from the sink's committed offsets on, in batches; partition by partition.</summary>
    public Task<DrainResult> DrainAsync<T>(Topic<T> topic, RecordSink<T> sink, SinkLimits? limits = null, CancellationToken cancellation = default)
    {
        _ = (_log, limits, topic, sink);
        throw new NotSupportedException();
    }
}
