using System.Text;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// Puts a commit into the log under its version, and knows afterwards whether it is there: after a failed or timed-out write, and when the name is taken,
/// it reads the log's own answer (the commit's unique <c>txnId</c>) before anything is tried again.
/// </summary>
internal sealed class CommitWriter(ObjectStore store)
{
    private const int Attempts = 5;

    /// <summary>True when the commit is in the log, false when another's has the version.</summary>
    /// <exception cref="TarnException">The store fails again and again.</exception>
    public async Task<bool> PutAsync(string path, ReadOnlyMemory<byte> content, string txnId)
    {
        TarnException? failure = null;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            try
            {
                // Not cancellable: a write given up half-way would leave its outcome open.
                if (await store.PutIfAbsentAsync(path, content, CancellationToken.None).ConfigureAwait(false))
                {
                    return true;
                }

                if (failure is null)
                {
                    return false;
                }
            }
            catch (TarnException e) when (e.Kind == ErrorKind.Unavailable)
            {
                failure = e;
            }

            if (await ReadBackAsync(path).ConfigureAwait(false) is { } there)
            {
                return IsOurs(there, txnId);
            }
        }

        throw new TarnException(
            failure!.Kind, failure.Rule, failure.Value, failure.Remedy ?? "Try again when the store answers; what was committed before is safe.", failure);
    }

    private async Task<byte[]?> ReadBackAsync(string path)
    {
        try
        {
            return await store.GetAsync(path, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TarnException e) when (e.Kind == ErrorKind.Unavailable)
        {
            // Unknown for now: the same content goes to the same name again, which is harmless if it is there.
            return null;
        }
    }

    private static bool IsOurs(byte[] content, string txnId) => content.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"\"txnId\":\"{txnId}\"")) >= 0;
}
