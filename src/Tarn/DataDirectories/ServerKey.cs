using System.Text.Json;

namespace Tarn;

/// <summary>
/// The data directory's <c>server.key</c>, beside <c>server.json</c>: by what verbs of this machine speak to the server. Only the user who runs the server may read it. It is made anew at each
/// start and removed at the stop.
/// </summary>
/// <param name="Key">The key; null where none is asked for.</param>
/// <param name="Certificate">The SHA-256 of the server's certificate; null without TLS.</param>
internal sealed record ServerKey(string? Key, string? Certificate)
{
    public const string FileName = "server.key";

    public static ServerKey? Read(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(directory, FileName)), HostJson.Default.ServerKey);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public static void Remove(string directory) => File.Delete(Path.Combine(directory, FileName));

    /// <summary>Writes the file whole, for this user alone from its first byte on.</summary>
    public void Write(string directory)
    {
        var path = Path.Combine(directory, FileName);
        var temporary = path + ".tmp";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(temporary, options))
        {
            JsonSerializer.Serialize(stream, this, HostJson.Default.ServerKey);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
