using System.Diagnostics;
using System.Text.Json;

namespace Tarn;

/// <summary>
/// The data directory's <c>server.json</c>: where the server that holds the directory listens. Written once it listens,
/// removed when it stops; after a crash it stays, so a reader checks the process (<see cref="IsAlive"/>) and asks the server.
/// </summary>
/// <param name="Url">Where it listens.</param>
/// <param name="Pid">Its process.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="Version">Tarn's version.</param>
/// <param name="Data">The directory that the data is in: the data directory itself, or a sub-directory that was chosen at start.</param>
/// <param name="GrpcUrl">Where it answers gRPC; null where it does not.</param>
internal sealed record ServerFile(string Url, int Pid, DateTimeOffset StartedAt, string Version, string Data, string? GrpcUrl = null)
{
    public const string FileName = "server.json";

    public static ServerFile? Read(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(directory, FileName)), HostJson.Default.ServerFile);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public static void Remove(string directory) => File.Delete(Path.Combine(directory, FileName));

    /// <summary>Writes the file whole: a reader sees the old one or the new one.</summary>
    public void Write(string directory)
    {
        var path = Path.Combine(directory, FileName);
        var temporary = path + ".tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(this, HostJson.Default.ServerFile));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Whether a process of that id runs.</summary>
    public static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }
}
