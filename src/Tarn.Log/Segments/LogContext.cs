using Microsoft.Extensions.Logging;

namespace Tarn.Log;

/// <summary>What every partition of a log shares.</summary>
internal sealed record LogContext(FileCache Files, TimeProvider Time, ILogger Log, Action<TopicAppended> Appended)
{
    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
