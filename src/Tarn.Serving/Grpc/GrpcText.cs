using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Microsoft.Extensions.Primitives;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>How gRPC writes text and bytes into HTTP headers.</summary>
internal static class GrpcText
{
    private const int MaxMessageChars = 2000;
    private static readonly SearchValues<char> Plain = SearchValues.Create(" !\"#$&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyz_-.");

    /// <summary>A status message as a header's value: UTF-8, percent-encoded. Of very long ones the beginning, because clients bound the trailers.</summary>
    public static string EncodeMessage(string message)
    {
        var text = message.AsSpan();
        if (text.Length > MaxMessageChars)
        {
            text = text[..(MaxMessageChars - 1)];
            message = string.Concat(char.IsHighSurrogate(text[^1]) ? text[..^1] : text, "…");
        }

        if (!message.AsSpan().ContainsAnyExcept(Plain))
        {
            return message;
        }

        var encoded = new StringBuilder(message.Length + 32);
        foreach (var octet in Encoding.UTF8.GetBytes(message))
        {
            if (octet < 0x80 && Plain.Contains((char)octet))
            {
                encoded.Append((char)octet);
            }
            else
            {
                encoded.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return encoded.ToString();
    }

    /// <summary>Bytes as the value of a header whose name ends with <c>-bin</c>: Base64 without padding.</summary>
    public static string EncodeBinary(ReadOnlySpan<byte> value) => Convert.ToBase64String(value).TrimEnd('=');

    /// <summary>The values of a header whose name ends with <c>-bin</c>; several may stand in one line, and padding may be there or not.</summary>
    /// <exception cref="TarnException"><see cref="ErrorKind.InvalidInput"/>: not Base64.</exception>
    public static List<byte[]> DecodeBinary(string name, StringValues values)
    {
        var decoded = new List<byte[]>();
        foreach (var line in values)
        {
            foreach (var part in (line ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                var padded = part.TrimEnd('=');
                padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
                var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
                if (!Convert.TryFromBase64String(padded, bytes, out var length))
                {
                    throw TarnException.InvalidInput($"The header {name} holds Base64.", part);
                }

                decoded.Add(bytes[..length]);
            }
        }

        return decoded;
    }

    /// <summary>Throws where a handler may not send metadata under the name.</summary>
    /// <exception cref="ArgumentException">The name.</exception>
    public static void CheckName(string name, bool binary)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(NameCharacters) || name.StartsWith("grpc-", StringComparison.Ordinal) || name.EndsWith("-bin", StringComparison.Ordinal) != binary)
        {
            throw new ArgumentException($"Metadata have names of a-z, 0-9, _, - and ., not beginning with grpc-, and ending with -bin where they are bytes; not {name}.", nameof(name));
        }
    }

    /// <summary>Throws where a handler may not send the text as metadata.</summary>
    /// <exception cref="ArgumentException">The value.</exception>
    public static void CheckValue(string value)
    {
        if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw new ArgumentException("Metadata are printable ASCII; send other text as bytes under a name that ends with -bin.", nameof(value));
        }
    }
}
