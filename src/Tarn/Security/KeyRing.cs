using System.Collections.Frozen;

namespace Tarn;

/// <summary>All keys and sessions at a moment; immutable.</summary>
internal sealed class KeyRing
{
    private readonly FrozenDictionary<string, KeyEntry>.AlternateLookup<ReadOnlySpan<char>> _keys;
    private readonly FrozenDictionary<string, Session>.AlternateLookup<ReadOnlySpan<char>> _sessions;

    public KeyRing(IReadOnlyCollection<KeyEntry> keys, IReadOnlyDictionary<string, Session> sessions)
    {
        _keys = keys.ToFrozenDictionary(static k => k.Id, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        _sessions = sessions.ToFrozenDictionary(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The keys, revoked ones not among them.</summary>
    public IReadOnlyList<KeyEntry> Keys => _keys.Dictionary.Values;

    public KeyEntry? FindKey(ReadOnlySpan<char> id) => _keys.TryGetValue(id, out var key) ? key : null;

    /// <summary>The session of a cookie.</summary>
    public Session? FindSession(ReadOnlySpan<char> cookie)
    {
        Span<byte> hash = stackalloc byte[KeyText.HashBytes];
        KeyText.Hash(cookie, hash);
        Span<char> text = stackalloc char[KeyText.HashBytes * 2];
        return Convert.TryToHexStringLower(hash, text, out _) && _sessions.TryGetValue(text, out var session) ? session : null;
    }
}

/// <summary>A session: who began it, and when it ends.</summary>
internal sealed record Session(KeyEntry Key, DateTimeOffset ExpiresAt);
