using System.Collections.Concurrent;
using Dapper;
using Tarn.Core;

namespace Tarn;

/// <summary>Finds out who calls, from a snapshot of keys and sessions in memory that follows the store.</summary>
internal sealed class Callers : IDisposable
{
    private readonly MetadataStore _store;
    private readonly JwtVerifier? _tokens;
    private readonly KeyUsage _usage;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _reloading = new(1);
    private readonly SemaphoreSlim _changed = new(0);
    private readonly ConcurrentDictionary<string, KeyMeter> _meters = new(StringComparer.Ordinal);
    private readonly KeyEntry _local;
    private volatile KeyRing _ring;
    private IDisposable? _listening;

    public Callers(MetadataStore store, JwtVerifier? tokens, KeyUsage usage, TimeProvider time)
    {
        (_store, _tokens, _usage, _time) = (store, tokens, usage, time);
        var secret = KeyText.NewSecret();
        LocalKey = KeyText.Write(KeyText.LocalId, secret);
        _local = new KeyEntry(
            new ApiKey { Id = KeyText.LocalId, Name = "this machine", Role = AccessRole.Admin, CreatedAt = time.GetUtcNow(), CreatedBy = "tarn" }, Convert.FromHexString(KeyText.HashText(secret)), null, null);
        _ring = new KeyRing([_local], new Dictionary<string, Session>());
    }

    /// <summary>The key by which verbs of this machine speak to this process: made at each start, known to who may read the data directory.</summary>
    public string LocalKey { get; }

    public bool TakesTokens => _tokens is not null;

    /// <summary>Whether anybody but this machine could call: there is a key that has not expired, or tokens are taken.</summary>
    public bool HasAny
    {
        get
        {
            var now = _time.GetUtcNow();
            return TakesTokens || _ring.Keys.Any(k => k.Id != KeyText.LocalId && !k.IsExpired(now));
        }
    }

    /// <summary>Makes the tables where they are not there, reads them, and follows them.</summary>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        await _store.MigrateAsync(SecurityTables.Component, SecurityTables.Scripts, cancellation).ConfigureAwait(false);
        _listening = _store.Listen(SecurityTables.Signal, _ => _changed.Release());
        await ReloadAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Reads keys and sessions anew.</summary>
    public async Task ReloadAsync(CancellationToken cancellation)
    {
        await _reloading.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var now = _time.GetUtcNow();
            var day = KeyUsage.DayOf(now);
            var (keys, sessions) = await _store.ReadAsync(
                async connection => (
                    await KeyRow.ListAsync(connection, day, revoked: false),
                    (await connection.QueryAsync<(string Hash, string Key, long ExpiresAt)>("SELECT hash, key, expires_at FROM security_session WHERE expires_at > @now", new { now = Instant.ToMicroseconds(now) })).AsList()),
                cancellation).ConfigureAwait(false);
            var entries = keys.Select(row => Entry(row, day)).Append(_local).ToDictionary(static k => k.Id, StringComparer.Ordinal);
            _ring = new KeyRing(
                entries.Values,
                sessions.Where(s => entries.ContainsKey(s.Key)).ToDictionary(static s => s.Hash, s => new Session(entries[s.Key], Instant.FromMicroseconds(s.ExpiresAt)), StringComparer.Ordinal));
        }
        finally
        {
            _reloading.Release();
        }
    }

    /// <summary>Waits until another process, or this one, changed keys or sessions.</summary>
    public async Task WaitForChangeAsync(CancellationToken cancellation)
    {
        await _changed.WaitAsync(cancellation).ConfigureAwait(false);
        while (_changed.Wait(0, CancellationToken.None))
        {
            // Several changes are read at once.
        }
    }

    /// <summary>Who presents this, or why nobody does.</summary>
    public ValueTask<(Caller? Caller, string? Reason)> FindAsync(in Presented presented, DateTimeOffset now) => presented.Kind switch
    {
        PresentedKind.Key => new(FindKey(presented.Span, now)),
        PresentedKind.Session => new(FindSession(presented.Span, now)),
        PresentedKind.Token when _tokens is not null => _tokens.VerifyAsync(presented.Text, presented.Start),
        PresentedKind.Token => new((null, "It is no key of Tarn (tarn_…), and no tokens are taken here.")),
        PresentedKind.Unknown => new((null, "The Authorization is one of the scheme Bearer.")),
        _ => new((null, null)),
    };

    /// <summary>The key of a session's cookie, and when the session ends.</summary>
    public Session? SessionOf(in Presented presented, DateTimeOffset now) =>
        presented.Kind == PresentedKind.Session && _ring.FindSession(presented.Span) is { } session && now < session.ExpiresAt && !session.Key.IsExpired(now) ? session : null;

    public void Dispose()
    {
        _listening?.Dispose();
        _reloading.Dispose();
        _changed.Dispose();
    }

    private (Caller? Caller, string? Reason) FindKey(ReadOnlySpan<char> text, DateTimeOffset now)
    {
        if (!KeyText.TryRead(text, out var id, out var secret))
        {
            return (null, "A key is tarn_ID_SECRET.");
        }

        return _ring.FindKey(id) is not { } key || !key.Accepts(secret, now) ? (null, "There is no such key, or no longer: it was revoked, or its secret was rotated.")
            : key.IsExpired(now) ? (null, $"The key {key.Name} expired at {Instants.Show(key.Key.ExpiresAt!.Value)}.")
            : (key.ByKey, null);
    }

    private (Caller? Caller, string? Reason) FindSession(ReadOnlySpan<char> cookie, DateTimeOffset now) =>
        _ring.FindSession(cookie) is { } session && now < session.ExpiresAt && !session.Key.IsExpired(now) ? (session.Key.BySession, null) : (null, "The session has ended.");

    private KeyEntry Entry(KeyRow row, long day)
    {
        var meter = _meters.GetOrAdd(row.Id, static (id, self) => new KeyMeter(id, self._time, self._usage), this);
        meter.Learn(day + KeyUsage.FirstDay, row.Used ?? 0);
        return new KeyEntry(row.ToKey(), Convert.FromHexString(row.Hash), row.PreviousHash is { } previous ? Convert.FromHexString(previous) : null, meter);
    }
}
