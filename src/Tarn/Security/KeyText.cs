using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Tarn;

/// <summary>
/// A key as it is written: <c>tarn_ID_SECRET</c>. The id is public and finds the key; the secret is 256 random bits, of which the store has the SHA-256 alone. A slow hash is for
/// what people make up: nobody goes through 2^256.
/// </summary>
internal static class KeyText
{
    public const string Prefix = "tarn_";

    /// <summary>The id of the key with which this machine's verbs speak to the server of their data directory.</summary>
    public const string LocalId = "local";

    public const int HashBytes = SHA256.HashSizeInBytes;
    private const int SecretBytes = 32;
    private const int MostChars = 200;
    private const string IdLetters = "abcdefghijkmnpqrstuvwxyz23456789";

    public static string NewId() => RandomNumberGenerator.GetString(IdLetters, 10);

    public static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    public static string Write(string id, string secret) => $"{Prefix}{id}_{secret}";

    /// <summary>Takes a key apart.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out ReadOnlySpan<char> id, out ReadOnlySpan<char> secret)
    {
        id = default;
        secret = default;
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length > MostChars)
        {
            return false;
        }

        var rest = text[Prefix.Length..];
        var end = rest.IndexOf('_');
        if (end <= 0 || end == rest.Length - 1)
        {
            return false;
        }

        id = rest[..end];
        secret = rest[(end + 1)..];
        return true;
    }

    /// <summary>The SHA-256 of a text of at most 200 characters.</summary>
    public static void Hash(ReadOnlySpan<char> text, Span<byte> hash)
    {
        Span<byte> bytes = stackalloc byte[MostChars * 3];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(text.Length > MostChars ? text[..MostChars] : text, bytes)], hash);
    }

    public static string HashText(ReadOnlySpan<char> text)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        Hash(text, hash);
        return Convert.ToHexStringLower(hash);
    }
}
