using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Tarn.Contracts;

/// <summary>The checksum of <c>_last_checkpoint</c>: MD5 of the JSON's canonical form, as the protocol's appendix defines it.</summary>
internal static class DeltaChecksum
{
    public static string Of(JsonElement root) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(Canonical(root))));

    public static string Canonical(JsonElement root)
    {
        var pairs = new List<(byte[] Path, string Text)>();
        foreach (var member in root.EnumerateObject().Where(static m => m.Name != "checksum"))
        {
            Collect(member.Value, Quote(member.Name), pairs);
        }

        pairs.Sort(static (a, b) => a.Path.AsSpan().SequenceCompareTo(b.Path));
        return string.Join(',', pairs.Select(static p => p.Text));
    }

    private static void Collect(JsonElement value, string path, List<(byte[], string)> pairs)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    Collect(member.Value, $"{path}+{Quote(member.Name)}", pairs);
                }

                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in value.EnumerateArray())
                {
                    Collect(item, string.Create(CultureInfo.InvariantCulture, $"{path}+{index++}"), pairs);
                }

                break;
            default:
                pairs.Add((Encoding.UTF8.GetBytes(path), $"{path}={(value.ValueKind == JsonValueKind.String ? Quote(value.GetString()!) : value.GetRawText())}"));
                break;
        }
    }

    private static string Quote(string text)
    {
        var result = new StringBuilder("\"");
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            var c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~')
            {
                result.Append(c);
            }
            else
            {
                result.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
            }
        }

        return result.Append('"').ToString();
    }
}
