namespace Tarn.Lake;

/// <summary>The text form of bytes in deletion vectors' descriptors: 4 bytes as 5 characters (ZeroMQ RFC 32).</summary>
internal static class Z85
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

    /// <summary>The text of bytes; their count is filled up with zeros to a multiple of 4.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new char[(bytes.Length + 3) / 4 * 5];
        for (var block = 0; block * 4 < bytes.Length; block++)
        {
            var value = 0u;
            for (var i = 0; i < 4; i++)
            {
                var at = (block * 4) + i;
                value = (value << 8) | (at < bytes.Length ? bytes[at] : 0u);
            }

            for (var i = 4; i >= 0; i--)
            {
                text[(block * 5) + i] = Digits[(int)(value % 85)];
                value /= 85;
            }
        }

        return new string(text);
    }

    /// <summary>The bytes of a text, or null where it is none.</summary>
    public static byte[]? TryDecode(ReadOnlySpan<char> text)
    {
        if (text.Length % 5 != 0)
        {
            return null;
        }

        var bytes = new byte[text.Length / 5 * 4];
        for (var block = 0; block * 5 < text.Length; block++)
        {
            var value = 0ul;
            foreach (var c in text.Slice(block * 5, 5))
            {
                var digit = Digits.IndexOf(c, StringComparison.Ordinal);
                if (digit < 0)
                {
                    return null;
                }

                value = (value * 85) + (uint)digit;
            }

            if (value > uint.MaxValue)
            {
                return null;
            }

            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(block * 4), (uint)value);
        }

        return bytes;
    }
}
