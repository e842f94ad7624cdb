using System.Text.Json;

namespace Tarn;

/// <summary>Who holds a data directory's lock.</summary>
/// <param name="Pid">The process.</param>
/// <param name="Command">What it was called with.</param>
/// <param name="Since">Since when.</param>
internal sealed record LockHolder(int Pid, string Command, DateTimeOffset Since)
{
    private const string FileName = "lock.json";

    public static LockHolder? Read(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(directory, FileName)), HostJson.Default.LockHolder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public static void Remove(string directory) => File.Delete(Path.Combine(directory, FileName));

    public void Write(string directory) =>
        File.WriteAllBytes(Path.Combine(directory, FileName), JsonSerializer.SerializeToUtf8Bytes(this, HostJson.Default.LockHolder));
}
