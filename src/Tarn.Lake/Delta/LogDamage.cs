using Tarn.Core;

namespace Tarn.Lake;

/// <summary>A checkpoint that cannot be read: another one, or the commits, may do.</summary>
internal sealed class UnreadableCheckpointException(TarnException reason) : Exception(reason.Message, reason)
{
    public TarnException Reason => reason;
}

/// <summary>A commit that was listed is not there any more: the log was cleaned up meanwhile.</summary>
internal sealed class LogMovedException(string path) : Exception($"{path} is gone.")
{
    public string Path => path;
}
