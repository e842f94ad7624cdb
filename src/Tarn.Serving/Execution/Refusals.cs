using System.Globalization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Why a request is not run.</summary>
internal static class Refusals
{
    public static TarnException QueueIsFull(LoadedModel model, TimeSpan retryAfter) => new(
        ErrorKind.Unavailable,
        string.Create(CultureInfo.InvariantCulture, $"At most {model.Options.MaxQueue} requests wait for the model {model.Name}."),
        "the queue is full",
        "Try again later, or give the model more instances.")
    {
        RetryAfter = retryAfter,
    };

    public static TarnException WaitedTooLong(LoadedModel model, TimeSpan waited, TimeSpan retryAfter) => new(
        ErrorKind.Unavailable,
        $"A request waits for the model {model.Name} as long as its time-out allows, and no longer than its caller.",
        string.Create(CultureInfo.InvariantCulture, $"{waited.TotalMilliseconds:0} ms in the queue"),
        "Try again later, allow more time, or give the model more instances.")
    {
        RetryAfter = retryAfter,
    };
}
