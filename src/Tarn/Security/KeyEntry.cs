using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Tarn;

/// <summary>
/// A key in memory: immutable, but that it remembers the text of the secret that was last found right, so that a secret is hashed once and then only compared. Both comparisons take
/// as long for a wrong secret as for the right one.
/// </summary>
internal sealed class KeyEntry
{
    private readonly byte[] _hash;
    private readonly byte[]? _previousHash;
    private string? _seen;
    private string? _previousSeen;

    public KeyEntry(ApiKey key, byte[] hash, byte[]? previousHash, KeyMeter? meter)
    {
        (Key, _hash, _previousHash, Meter) = (key, hash, previousHash, meter);
        ByKey = Caller.OfKey(this, key.Id == KeyText.LocalId ? CallerKind.Local : CallerKind.Key);
        BySession = Caller.OfKey(this, CallerKind.Session);
    }

    public ApiKey Key { get; }

    public string Id => Key.Id;

    public string Name => Key.Name;

    public AccessRole Role => Key.Role;

    /// <summary>What counts its use; null for the machine's own.</summary>
    public KeyMeter? Meter { get; }

    public Caller ByKey { get; }

    public Caller BySession { get; }

    public bool IsExpired(DateTimeOffset now) => Key.ExpiresAt is { } end && now >= end;

    /// <summary>Whether the secret is the key's, or the one before it in its time of grace.</summary>
    public bool Accepts(ReadOnlySpan<char> secret, DateTimeOffset now) =>
        IsRight(secret, _hash, ref _seen) || (_previousHash is not null && Key.PreviousUntil > now && IsRight(secret, _previousHash, ref _previousSeen));

    private static bool IsRight(ReadOnlySpan<char> secret, byte[] hash, ref string? seen)
    {
        if (Volatile.Read(ref seen) is { } known && CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(secret), MemoryMarshal.AsBytes(known.AsSpan())))
        {
            return true;
        }

        Span<byte> given = stackalloc byte[KeyText.HashBytes];
        KeyText.Hash(secret, given);
        if (!CryptographicOperations.FixedTimeEquals(given, hash))
        {
            return false;
        }

        Volatile.Write(ref seen, secret.ToString());
        return true;
    }
}
