using Microsoft.Extensions.Logging;

namespace Tarn.Training;

/// <summary>Says every few seconds how far an embedding is.</summary>
internal sealed class EmbeddingLines(string backbone, ILogger log, TimeProvider time) : IProgress<EmbeddingProgress>
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private long? _said;

    public void Report(EmbeddingProgress value)
    {
        lock (_gate)
        {
            if (value.Done < value.Total && _said is { } said && time.GetElapsedTime(said) < Every)
            {
                return;
            }

            _said = time.GetTimestamp();
        }

        TrainingProgressLog.Embedding(log, backbone, value.Done, value.Total, value.Kept);
    }
}
