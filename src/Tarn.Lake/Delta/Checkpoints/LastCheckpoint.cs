using System.Text.Json;

namespace Tarn.Lake;

/// <summary>What <c>_last_checkpoint</c> says (protocol, "Last Checkpoint File"): where a reader may start to look.</summary>
internal static class LastCheckpoint
{
    /// <summary>The version that the file names; null where it cannot be read: the protocol makes it a hint.</summary>
    public static long? Read(byte[] content)
    {
        try
        {
            using var document = JsonDocument.Parse(content);
            return document.RootElement.GetProperty("version").GetInt64() is >= 0 and var version ? version : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    public static byte[] Write(long version, long actions, long bytes, long files) => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, long>
    {
        ["version"] = version,
        ["size"] = actions,
        ["sizeInBytes"] = bytes,
        ["numOfAddFiles"] = files,
    });
}
