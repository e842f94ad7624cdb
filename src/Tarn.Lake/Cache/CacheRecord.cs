using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tarn.Lake;

/// <summary>
/// What is written beside a cached file: which object it is, and which bytes of it are there. It is written after those bytes have reached the disk, and
/// replaces its forerunner in one step; a file without it counts as empty.
/// </summary>
/// <param name="Key">The object: its store, path and length.</param>
/// <param name="Size">The object's length.</param>
/// <param name="Filled">The bytes that are there, as starts and ends in turn.</param>
internal sealed record CacheRecord(string Key, long Size, long[] Filled)
{
    public static CacheRecord Of(CachedObject item)
    {
        lock (item.Filled)
        {
            return new CacheRecord(item.Key, item.Size, [.. item.Filled.Ranges.SelectMany(static r => new[] { r.Start, r.End })]);
        }
    }

    /// <summary>Reads a record; null where it is none, as after a power cut.</summary>
    public static CacheRecord? Read(string file)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(file), CacheJson.Default.CacheRecord);
            return record is { Key: not null, Filled: not null } && record.Filled.Length % 2 == 0 ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Write(string file)
    {
        var temporary = file + ".tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(this, CacheJson.Default.CacheRecord));
        File.Move(temporary, file, overwrite: true);
    }
}

/// <summary>The JSON of <see cref="CacheRecord"/>.</summary>
[JsonSerializable(typeof(CacheRecord))]
internal sealed partial class CacheJson : JsonSerializerContext;
