using Amazon.S3.Model;

namespace Tarn.S3;

/// <summary>Reads the body of an answer: the SDK's time-out ends where the body begins, so each read here has its own.</summary>
internal static class S3Body
{
    /// <exception cref="IOException">The body ends before its length.</exception>
    /// <exception cref="TimeoutException">It paused for too long.</exception>
    public static async Task<byte[]> ReadAsync(GetObjectResponse response, long? most, TimeSpan longestPause, TimeProvider time, CancellationToken cancellationToken)
    {
        var length = response.ContentLength;
        if (most is { } limit && length > limit)
        {
            throw new IOException($"The server answered {length} bytes where at most {limit} were asked for: it does not know ranges.");
        }

        using var pause = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(pause.Token, cancellationToken);
        var bytes = GC.AllocateUninitializedArray<byte>(checked((int)length));
        var read = 0;
        try
        {
            while (true)
            {
                pause.CancelAfter(longestPause);

                // Also at the end once more: the SDK compares the checksum when it has seen that nothing follows.
                var count = await response.ResponseStream.ReadAsync(read < bytes.Length ? bytes.AsMemory(read) : new byte[1], stop.Token).ConfigureAwait(false);
                if (count == 0)
                {
                    return read == bytes.Length ? bytes : throw new IOException($"The body ended after {read} of {bytes.Length} bytes.");
                }

                read += count;
                if (read > bytes.Length)
                {
                    throw new IOException($"The body is longer than the {bytes.Length} bytes that its head says.");
                }
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The body paused for longer than {longestPause}.", e);
        }
    }
}
