using Dapper;
using Tarn.Core;

namespace Tarn;

/// <summary>The sessions of people at the console, in the metadata store: a key begins one, and the browser has a random id of it in a cookie that no script can read.</summary>
internal sealed class Sessions(MetadataStore store, Callers callers, SecurityPlan plan, TimeProvider time)
{
    private const int MostOfKey = 100;

    /// <summary>Begins a session of a key. The oldest of very many ends.</summary>
    /// <returns>What the cookie holds, and when the session ends: not after its key.</returns>
    public async Task<(string Cookie, DateTimeOffset ExpiresAt)> BeginAsync(KeyEntry key, string remote, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var end = Instant.Truncate(now + plan.Options.SessionLifetime);
        end = key.Key.ExpiresAt < end ? key.Key.ExpiresAt.Value : end;
        var cookie = KeyText.NewSecret();
        var values = new { hash = KeyText.HashText(cookie), key = key.Id, created = Instant.ToMicroseconds(now), expires = Instant.ToMicroseconds(end), remote, most = MostOfKey };
        await store.WriteAsync(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync("DELETE FROM security_session WHERE expires_at <= @created", values, transaction);
                await connection.ExecuteAsync("INSERT INTO security_session(hash, key, created_at, expires_at, remote) VALUES (@hash, @key, @created, @expires, @remote)", values, transaction);
                await connection.ExecuteAsync(
                    "DELETE FROM security_session WHERE key = @key AND hash NOT IN (SELECT hash FROM security_session WHERE key = @key ORDER BY created_at DESC, hash LIMIT @most)", values, transaction);
                await store.SignalAsync(connection, transaction, SecurityTables.Signal, "");
                return 0;
            },
            cancellation: cancellation).ConfigureAwait(false);
        await callers.ReloadAsync(CancellationToken.None).ConfigureAwait(false);
        return (cookie, end);
    }

    /// <summary>Ends the session of a cookie, if there is one.</summary>
    public async Task EndAsync(string cookie, CancellationToken cancellation)
    {
        await store.WriteAsync(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync("DELETE FROM security_session WHERE hash = @hash", new { hash = KeyText.HashText(cookie) }, transaction);
                await store.SignalAsync(connection, transaction, SecurityTables.Signal, "");
                return 0;
            },
            cancellation: cancellation).ConfigureAwait(false);
        await callers.ReloadAsync(CancellationToken.None).ConfigureAwait(false);
    }
}
