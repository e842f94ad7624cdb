using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn;

/// <summary>The keys in the metadata store. Each change is signalled with its commit, so that it counts in every process that uses the store.</summary>
internal sealed class ApiKeys(MetadataStore store, Callers callers, TimeProvider time)
{
    public const double MostRate = 1_000_000;
    private const double LeastRate = 0.001;
    private const long MostBurst = 1_000_000;
    private const int MostNames = 100;
    private static readonly TimeSpan MostGrace = TimeSpan.FromDays(90);

    /// <summary>The keys, oldest first.</summary>
    public Task<IReadOnlyList<ApiKey>> ListAsync(bool revoked, CancellationToken cancellation)
    {
        var day = KeyUsage.DayOf(time.GetUtcNow());
        return store.ReadAsync<IReadOnlyList<ApiKey>>(async connection => [.. (await KeyRow.ListAsync(connection, day, revoked)).Select(static r => r.ToKey())], cancellation);
    }

    /// <summary>Makes a key.</summary>
    /// <param name="asked">What it is to be; its id, times and use are given here.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <returns>The key, and its text, which is nowhere else.</returns>
    /// <exception cref="TarnException">A value breaks its rule, or a key of that name is in use.</exception>
    public async Task<(ApiKey Key, string Text)> CreateAsync(ApiKey asked, CancellationToken cancellation)
    {
        var now = Instant.Truncate(time.GetUtcNow());
        Check(asked, now);
        var secret = KeyText.NewSecret();
        var key = asked with { Id = KeyText.NewId(), CreatedAt = now, ExpiresAt = asked.ExpiresAt is { } end ? Instant.Truncate(end) : null };
        await WriteAsync(
            async (connection, transaction) =>
            {
                if (await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM security_key WHERE name = @name AND revoked_at IS NULL", new { name = key.Name }, transaction) > 0)
                {
                    throw TarnException.Conflict("There is a key of that name.", key.Name, "Choose another name, or rotate or revoke that key.");
                }

                await connection.ExecuteAsync(
                    """
                    INSERT INTO security_key(id, name, role, endpoints, verbs, hash, rate, burst, quota, created_at, created_by, expires_at)
                    VALUES (@id, @name, @role, @endpoints, @verbs, @hash, @rate, @burst, @quota, @created, @by, @expires)
                    """,
                    new
                    {
                        id = key.Id,
                        name = key.Name,
                        role = AccessNames.Of(key.Role),
                        endpoints = string.Join('\n', key.Endpoints),
                        verbs = string.Join('\n', key.Verbs.Select(AccessNames.Of)),
                        hash = KeyText.HashText(secret),
                        rate = key.RatePerSecond,
                        burst = key.Burst,
                        quota = key.RequestsPerDay,
                        created = Instant.ToMicroseconds(now),
                        by = key.CreatedBy,
                        expires = key.ExpiresAt is { } e ? Instant.ToMicroseconds(e) : (long?)null,
                    },
                    transaction);
                return key;
            },
            cancellation);
        return (key, KeyText.Write(key.Id, secret));
    }

    /// <summary>Gives a key a new secret; the one that it has goes on for a while, an older one ends.</summary>
    /// <exception cref="TarnException">There is no such key, or it was revoked, or has expired.</exception>
    public async Task<(ApiKey Key, string Text)> RotateAsync(string id, TimeSpan grace, CancellationToken cancellation)
    {
        if (grace < TimeSpan.Zero || grace > MostGrace)
        {
            throw TarnException.InvalidInput("An old secret goes on for 0 to 90 days.", Durations.Show(grace));
        }

        var now = time.GetUtcNow();
        var secret = KeyText.NewSecret();
        var key = await WriteAsync(
            async (connection, transaction) =>
            {
                RequireUsable((await KeyRow.GetAsync(connection, transaction, id, KeyUsage.DayOf(now))).ToKey(), now);
                await connection.ExecuteAsync(
                    "UPDATE security_key SET previous_hash = hash, previous_until = @until, hash = @hash, rotated_at = @now WHERE id = @id",
                    new { id, hash = KeyText.HashText(secret), now = Instant.ToMicroseconds(now), until = Instant.ToMicroseconds(now + grace) },
                    transaction);
                return (await KeyRow.GetAsync(connection, transaction, id, KeyUsage.DayOf(now))).ToKey();
            },
            cancellation);
        return (key, KeyText.Write(key.Id, secret));
    }

    /// <summary>Ends a key, and the sessions that it began. Revoked again, it stays as it was.</summary>
    /// <exception cref="TarnException">There is no such key.</exception>
    public Task<ApiKey> RevokeAsync(string id, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return WriteAsync(
            async (connection, transaction) =>
            {
                await KeyRow.GetAsync(connection, transaction, id, KeyUsage.DayOf(now));
                await connection.ExecuteAsync("UPDATE security_key SET revoked_at = @now WHERE id = @id AND revoked_at IS NULL", new { id, now = Instant.ToMicroseconds(now) }, transaction);
                await connection.ExecuteAsync("DELETE FROM security_session WHERE key = @id", new { id }, transaction);
                return (await KeyRow.GetAsync(connection, transaction, id, KeyUsage.DayOf(now))).ToKey();
            },
            cancellation);
    }

    private static void RequireUsable(ApiKey key, DateTimeOffset now)
    {
        if (key.RevokedAt is not null || key.ExpiresAt <= now)
        {
            throw TarnException.Conflict($"The key has {(key.RevokedAt is not null ? "been revoked" : "expired")}: it cannot be rotated.", $"{key.Name} ({key.Id})", "Create a new key.");
        }
    }

    private static void Check(ApiKey key, DateTimeOffset now)
    {
        Require(key.Name.Length is >= 1 and <= 64 && key.Name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '@'), "A key's name has 1 to 64 letters, digits, dots, underscores, dashes and @.", key.Name);
        Require(key.Role != AccessRole.None, AccessNames.RoleRule, null);
        Require(key.Endpoints.Count <= MostNames, $"A key is for at most {MostNames} endpoints.", null);
        foreach (var endpoint in key.Endpoints)
        {
            Require(endpoint.Length is >= 1 and <= 200 && !endpoint.Any(static c => char.IsControl(c) || c is '/' or ':'), "An endpoint's name has 1 to 200 characters, without slashes and colons.", endpoint);
        }

        Require(
            key.Role >= AccessRole.Operator || key.Verbs.All(static v => v == RequestKind.Read),
            "A key for the verbs predict or feedback has at least the role operator.",
            AccessNames.Of(key.Role));
        Require(key.RatePerSecond is not { } rate || rate is >= LeastRate and <= MostRate, "A rate is 0.001 to 1000000 requests a second.", key.RatePerSecond?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Require(key.Burst is >= 1 and <= MostBurst, "A burst is 1 to 1000000 requests.", key.Burst.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Require(key.RequestsPerDay is not < 1, "A quota is at least 1 request a day.", key.RequestsPerDay?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Require(key.ExpiresAt is not { } end || end > now, "A key expires in the future.", key.ExpiresAt is { } e ? Instants.Show(e) : null);
    }

    private static void Require(bool holds, string rule, string? value)
    {
        if (!holds)
        {
            throw TarnException.InvalidInput(rule, value);
        }
    }

    private async Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation)
    {
        var result = await store.WriteAsync(
            async (connection, transaction) =>
            {
                var written = await write(connection, transaction);
                await store.SignalAsync(connection, transaction, SecurityTables.Signal, "");
                return written;
            },
            cancellation: cancellation);

        // Here it counts from now on, whenever the signal comes.
        await callers.ReloadAsync(CancellationToken.None);
        return result;
    }
}
